-- name: account_add
insert into accounts (email, name, password, roles, verified_at)
values (lower(:email), :name, :password_hash, :roles::integer, case when :verified::boolean then now() end)
returning id, email, name, roles, verified_at is not null as verified, ms(created_at) as created_at
-- name: account_by_email
select id, email, name, password, roles, verified_at is not null as verified, ms(created_at) as created_at,
       suspended_at is not null as suspended
from accounts where email = lower(:email)
-- name: account_by_id
select id, email, name, roles, verified_at is not null as verified, ms(created_at) as created_at,
       suspended_at is not null as suspended
from accounts where id = :id
-- name: accounts_by_id
select id, email, name, roles, verified_at is not null as verified, ms(created_at) as created_at
from accounts where id = any(:ids::bigint[])
-- name: administrator_any
select 1 from accounts where roles & 2 <> 0 limit 1
-- name: administrator_add
insert into accounts (email, name, password, roles, verified_at)
select lower(:email), 'Administrator', :password_hash, 3, now()
where not exists (select from accounts where roles & 2 <> 0)
on conflict (email) do nothing
-- name: session_add
insert into sessions (account_id, dialect, device, address, refresh, expires_at)
values (:account_id, :dialect, coalesce(:device, ''), coalesce(:address, ''), :refresh,
        now() + make_interval(secs => :seconds::float8))
returning id
-- name: session_by_refresh
select s.id as session, s.account_id, s.refresh = :refresh as current,
       coalesce(extract(epoch from now() - t.spent_at), 0) as spent_seconds
from sessions s left join spent_tokens t on t.session_id = s.id and t.hash = :refresh
where (s.refresh = :refresh or t.hash is not null) and s.dialect = :dialect and s.ended_at is null and s.expires_at > now()
for update of s
-- name: session_rotate
with spent as (
    insert into spent_tokens (hash, session_id) values (:old, :session) on conflict do nothing
)
update sessions
set refresh = :refresh, seen_at = now(), expires_at = now() + make_interval(secs => :seconds::float8)
where id = :session
-- name: session_end
with ended as (
    update sessions set ended_at = now()
    where ended_at is null and ((id = :session and account_id = :user) or (refresh = :refresh and dialect = :dialect))
    returning id
)
insert into ends (session_id, until)
select id, now() + make_interval(secs => :seconds::float8) from ended
returning session_id, ms(until) as until
-- name: session_end_any
with ended as (update sessions set ended_at = now() where id = :session and ended_at is null returning id)
insert into ends (session_id, until)
select id, now() + make_interval(secs => :seconds::float8) from ended
returning session_id, ms(until) as until
-- name: ended_sessions
select id as place, session_id as id, ms(until) as until from ends
where until > now() and id > coalesce(:after, 0) - 256 order by place limit 10000
-- name: ends_sweep
delete from ends where until < now()
-- name: token_add
insert into one_time_tokens (hash, account_id, kind, expires_at)
values (:hash, :account_id, :kind, now() + make_interval(secs => :seconds::float8))
-- name: token_use
update one_time_tokens set used_at = now()
where hash = :hash and kind = :kind and used_at is null and expires_at > now()
returning account_id
-- name: account_verify
update accounts set verified_at = coalesce(verified_at, now()) where id = :id
returning id, email, name, roles, verified_at is not null as verified, ms(created_at) as created_at
-- name: signing_key_add
insert into signing_keys (kid, private_pem, public_pem)
select :kid, :private_pem, :public_pem where not exists (select from signing_keys where retired_at is null)
-- name: signing_keys
select kid, 'ES256' as alg, public_pem as pem, private_pem from signing_keys
where retired_at is null or retired_at > now() - interval '2 days' order by created_at desc limit 16
-- name: secret_add
insert into secrets (name, value) values (:name, :value) on conflict do nothing
-- name: secret
select value from secrets where name = :name
