-- One spelling of an address, whoever wrote it: composed, in lower case by Unicode's rules. The outer collation is that of the column,
-- so that its index can be used.
create function normal(text) returns text immutable strict parallel safe language sql
    as $$ select normalize(lower(normalize($1, NFC) collate "und-x-icu"), NFC) collate "default" $$;
update accounts a set email = normal(email)
where email <> normal(email) and not exists (select from accounts b where b.email = normal(a.email));

alter table accounts
    add suspended_why text not null default '' check (octet_length(suspended_why) <= 300),
    add totp_secret bytea check (octet_length(totp_secret) = 20),
    add totp_since timestamptz,                  -- null: the secret was shown and no code of it was seen yet
    add totp_step bigint not null default 0;     -- of the last code that was taken: none is taken twice
create index accounts_recent on accounts (created_at desc, id desc);

create table recovery_codes (
    account_id bigint not null references accounts on delete cascade,
    hash bytea not null, -- SHA-256; the codes have 125 random bits
    used_at timestamptz,
    primary key (account_id, hash)
);

create index one_time_tokens_account on one_time_tokens (account_id, kind);
alter table one_time_tokens add made_at timestamptz not null default now();
create index one_time_tokens_old on one_time_tokens (expires_at);
create index sessions_old on sessions (coalesce(ended_at, expires_at));

-- What administrators did; it outlives the accounts it names.
create table audit (
    id bigint generated always as identity primary key,
    at timestamptz not null default now(),
    actor_id bigint not null,
    action text not null check (octet_length(action) between 1 and 32),
    target_id bigint,
    detail text not null default '' check (octet_length(detail) <= 500),
    address text not null default '' check (octet_length(address) <= 64)
);
create index audit_recent on audit (at desc, id desc);
