-- A signing key is a pair (ES256) or a secret (HS256); its row decides the algorithm, never a token.
alter table signing_keys
    add alg text not null default 'ES256',
    add secret bytea,
    alter private_pem set default '',
    alter public_pem set default '',
    add constraint signing_keys_whole check (
        (alg = 'ES256' and private_pem <> '' and public_pem <> '' and secret is null)
        or (alg = 'HS256' and private_pem = '' and public_pem = '' and octet_length(secret) between 32 and 512));
