-- name: account_add
insert into accounts (email, name, password, roles, verified_at)
values (normal(:email), :name, :password_hash, :roles::integer, case when :verified::boolean then now() end)
returning id, email, name, roles, verified_at is not null as verified, ms(created_at) as created_at, picture_url(picture) as picture_url
-- Always one row: its spelling is what limits count by, whether there is such an account or not. While accounts have hashes of other
-- systems, each login pays for one of them: which one hangs on the spelling, so that strangers look like accounts.
-- name: account_by_email
select k.spelling, a.id, a.email, a.name, a.password, a.roles, a.verified_at is not null as verified, ms(a.created_at) as created_at, picture_url(a.picture) as picture_url,
       a.suspended_at is not null as suspended, a.totp_since is not null as two_factor,
       (select f.password from accounts f, (select min(id) as low, max(id) as high from accounts where password not like '$2%') b
        where f.password not like '$2%'
          and f.id >= b.low + (hashtextextended(k.spelling, 0) & 9223372036854775807) % (b.high - b.low + 1)
        order by f.id limit 1) as sample
from (select normal(:email) as spelling) k left join accounts a on a.email = k.spelling
-- name: account_secret
select id, email, name, password, roles, verified_at is not null as verified, ms(created_at) as created_at, picture_url(picture) as picture_url,
       suspended_at is not null as suspended, totp_secret, totp_since is not null as two_factor
from accounts where id = :user
-- name: spelling
select normal(:email) as spelling
-- name: session_familiar
select coalesce(bool_or(s.address = coalesce(:address, '')), false) as address,
       coalesce(bool_or(s.device = coalesce(:device, '')), false) as device, count(*) > 0 as any
from sessions s where s.account_id = :account_id
-- name: password_set
update accounts set password = :password_hash, verified_at = case when :proves::boolean then coalesce(verified_at, now()) else verified_at end
where id = :account_id
returning id, email, name, roles, verified_at is not null as verified, ms(created_at) as created_at, picture_url(picture) as picture_url,
          suspended_at is not null as suspended
-- name: password_rehash
update accounts set password = :password_hash where id = :account_id and password = :old
-- name: account_by_id
select id, email, name, roles, verified_at is not null as verified, ms(created_at) as created_at, picture_url(picture) as picture_url,
       suspended_at is not null as suspended
from accounts where id = :id
-- name: accounts_by_id
select id, email, name, roles, verified_at is not null as verified, ms(created_at) as created_at, picture_url(picture) as picture_url
from accounts where id = any(:ids::bigint[])
-- name: administrator_any
select 1 from accounts where roles & 2 <> 0 limit 1
-- name: administrator_add
insert into accounts (email, name, password, roles, verified_at)
select normal(:email), 'Administrator', :password_hash, 3, now()
where not exists (select from accounts where roles & 2 <> 0)
on conflict (email) do nothing
-- name: session_add
insert into sessions (account_id, dialect, device, address, refresh, expires_at)
values (:account_id, :dialect, coalesce(:device, ''), coalesce(:address, ''), :refresh,
        now() + make_interval(secs => least(:seconds, :most_seconds)::float8))
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
set refresh = :refresh, seen_at = now(),
    expires_at = least(now() + make_interval(secs => :seconds::float8),
                       created_at + make_interval(secs => :most_seconds::float8))
where id = :session
-- name: session_seen
update sessions set seen_at = now() where id = :session and seen_at < now() - interval '1 minute'
-- All open sessions of an account but one.
-- name: sessions_end_all
with ended as (
    update sessions set ended_at = now()
    where account_id = :account_id and ended_at is null and id is distinct from :spared returning id
)
insert into ends (session_id, until)
select id, now() + make_interval(secs => :seconds::float8) from ended
returning session_id, ms(until) as until
-- name: session_end_own
with ended as (
    update sessions set ended_at = now() where id = :id and account_id = :user and ended_at is null returning id
)
insert into ends (session_id, until)
select id, now() + make_interval(secs => :seconds::float8) from ended
returning session_id, ms(until) as until
-- name: sessions_of
select id, dialect, device, address, ms(created_at) as created_at, ms(seen_at) as seen_at, ms(expires_at) as expires_at,
       coalesce(id = :session, false) as current
from sessions where account_id = :account_id and ended_at is null and expires_at > now()
order by seen_at desc, id desc limit 200
-- name: sessions_sweep
delete from sessions where coalesce(ended_at, expires_at) < now() - interval '30 days'
-- name: spent_sweep
delete from spent_tokens where spent_at < now() - make_interval(secs => :seconds::float8)
-- name: tokens_sweep
delete from one_time_tokens where expires_at < now() - interval '1 day'
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
insert into one_time_tokens (hash, account_id, kind, email, expires_at)
values (:hash, :account_id, :kind, normal(:new_email), now() + make_interval(secs => :seconds::float8))
-- name: token_use
update one_time_tokens set used_at = now()
where hash = :hash and kind = :kind and used_at is null and expires_at > now()
returning account_id
-- name: token_prove
update one_time_tokens set used_at = now()
where hash = :hash and kind in ('activation', 'address') and used_at is null and expires_at > now()
returning account_id, email
-- name: address_set
update accounts set email = :new_email, verified_at = coalesce(verified_at, now()) where id = :id
returning id, email, name, roles, verified_at is not null as verified, ms(created_at) as created_at, picture_url(picture) as picture_url
-- Links that went to the old address open nothing any more.
-- name: links_spend
update one_time_tokens set used_at = now() where account_id = :account_id and used_at is null
-- Other links of the same kind open nothing any more.
-- name: tokens_spend
update one_time_tokens set used_at = now() where account_id = :account_id and kind = :kind and used_at is null
-- name: account_lock
select id from accounts where id = :account_id for update
-- name: tokens_lately
select count(*) as count from one_time_tokens
where account_id = :account_id and kind = :kind and made_at > now() - interval '1 hour'
-- name: account_verify
update accounts set verified_at = coalesce(verified_at, now()) where id = :id
returning id, email, name, roles, verified_at is not null as verified, ms(created_at) as created_at, picture_url(picture) as picture_url
-- name: picture_lock
select picture from accounts where id = :user for update
-- name: picture_set
update accounts set picture = :picture, name = coalesce(:name, name) where id = :user
returning id, email, name, roles, verified_at is not null as verified, ms(created_at) as created_at, picture_url(picture) as picture_url
-- name: profile_set
update accounts set name = coalesce(:name, name) where id = :user
returning id, email, name, roles, verified_at is not null as verified, ms(created_at) as created_at, picture_url(picture) as picture_url
-- name: signing_key_add
insert into signing_keys (kid, alg, private_pem, public_pem, secret)
select :kid, :alg, :private_pem, :public_pem, :secret where not exists (select from signing_keys where retired_at is null)
-- name: signing_keys
select kid, alg, nullif(public_pem, '') as pem, secret from signing_keys
where retired_at is null or retired_at > now() - interval '2 days' order by created_at desc limit 16
-- The key to sign with. A fresh one waits for a moment, until every edge has it: nobody meets a token that he cannot check. The newest
-- of those that waited, else the oldest.
-- name: signing_key_now
select kid, alg, private_pem, secret from signing_keys
where retired_at is null or retired_at > now() - interval '2 days'
order by created_at > now() - interval '5 seconds', abs(extract(epoch from created_at - now()) + 5) limit 1
-- name: signing_key_last
select kid, alg from signing_keys where retired_at is null order by created_at desc limit 1
-- name: secret_add
insert into secrets (name, value) values (:name, :value) on conflict do nothing
-- name: secret
select value from secrets where name = :name
-- name: totp_propose
update accounts set totp_secret = :secret, totp_step = 0 where id = :account_id and totp_since is null
-- name: totp_take
update accounts set totp_step = :step where id = :account_id and totp_step < :step returning 1 as taken
-- name: totp_on
update accounts set totp_since = now() where id = :account_id and totp_secret is not null and totp_since is null
-- name: totp_drop
update accounts set totp_secret = null, totp_since = null, totp_step = 0 where id = :account_id
-- name: recovery_add
insert into recovery_codes (account_id, hash) values (:account_id, :hash)
-- name: recovery_drop
delete from recovery_codes where account_id = :account_id
-- name: recovery_take
update recovery_codes set used_at = now() where account_id = :account_id and hash = :hash and used_at is null
returning 1 as taken
-- name: people_page
select id, email, name, roles, verified_at is not null as verified, suspended_at is not null as suspended, suspended_why,
       totp_since is not null as two_factor, ms(created_at) as created_at,
       (select ms(max(s.seen_at)) from sessions s where s.account_id = a.id) as seen_at,
       (select count(*) from sessions s where s.account_id = a.id and s.ended_at is null and s.expires_at > now()) as sessions,
       (extract(epoch from created_at) * 1000000)::bigint as place_us, id as place_id
from accounts a
where (created_at, id) < (timestamptz 'epoch' + :before_us::bigint * interval '1 microsecond', :before_id::bigint)
  and (coalesce(:q::text, '') = '' or position(normal(:q::text) in email) > 0 or position(lower(:q::text) in lower(name)) > 0
       or id::text = :q::text)
  and (:role::text is null or roles & case :role::text when 'admin' then 2 else 1 end <> 0)
  and case :state::text when 'active' then suspended_at is null and verified_at is not null
                        when 'suspended' then suspended_at is not null
                        when 'unverified' then verified_at is null else true end
order by created_at desc, id desc limit :rows
-- name: person
select id, email, name, roles, verified_at is not null as verified, suspended_at is not null as suspended, suspended_why,
       totp_since is not null as two_factor, ms(created_at) as created_at,
       (select ms(max(s.seen_at)) from sessions s where s.account_id = a.id) as seen_at,
       (select count(*) from sessions s where s.account_id = a.id and s.ended_at is null and s.expires_at > now()) as sessions
from accounts a where id = :id
-- In the order of their numbers: whoever changes administrators waits for whoever does so already.
-- name: administrators_lock
select id from accounts where roles & 2 <> 0 and suspended_at is null order by id for update
-- name: person_suspend
update accounts set suspended_at = case when :suspended::boolean then coalesce(suspended_at, now()) end,
    suspended_why = case when :suspended::boolean then coalesce(:reason, '') else '' end
where id = :id returning 1 as changed
-- name: person_role
update accounts set roles = case when :admin::boolean then roles | 2 else roles & ~2 end where id = :id returning 1 as changed
-- name: account_delete
delete from accounts where id = :account_id returning picture
-- name: audit_forget
update audit set address = '' where actor_id = :account_id
-- name: audit_add
insert into audit (actor_id, action, target_id, detail, address)
values (:actor_id, :action, nullif(:target_id::bigint, 0), coalesce(:note, ''), coalesce(:address, ''))
-- name: audit_page
select u.id, ms(u.at) as at, u.actor_id, a.email as actor, u.action, u.target_id, u.detail, u.address,
       (extract(epoch from u.at) * 1000000)::bigint as place_us, u.id as place_id
from audit u left join accounts a on a.id = u.actor_id
where (u.at, u.id) < (timestamptz 'epoch' + :before_us::bigint * interval '1 microsecond', :before_id::bigint)
order by u.at desc, u.id desc limit :rows
-- name: sessions_ever
select id, dialect, device, address, ms(created_at) as created_at, ms(seen_at) as seen_at,
       ms(coalesce(ended_at, expires_at)) as expires_at, false as current
from sessions where account_id = :account_id order by created_at desc, id desc limit 1000
-- The old keys are shown to edges for two days more, which no token outlives. With `old`, only when that is still the key in use: of two
-- processes that want to replace it one does. A secret that comes back is in use again.
-- name: signing_key_swap
with old as (
    update signing_keys set retired_at = now() where retired_at is null and kid = coalesce(:old, kid) returning kid
)
insert into signing_keys (kid, alg, private_pem, public_pem, secret)
select :kid, :alg, :private_pem, :public_pem, :secret where exists (select from old)
on conflict (kid) do update set retired_at = null, created_at = now()
-- name: accounts_import
with given as (
    select n, normal(email) as spelling, name, hash, coalesce(verified, false) as verified, coalesce(admin, false) as admin, created_ms,
           row_number() over (partition by normal(email) order by n) = 1 as first
    from jsonb_to_recordset(:list::jsonb) as r (n integer, email text, name text, hash text, verified boolean, admin boolean, created_ms bigint)
), fresh as (
    select * from given g
    where first and octet_length(spelling) <= 254 and not exists (select from accounts a where a.email = g.spelling)
), added as (
    insert into accounts (email, name, password, roles, verified_at, created_at)
    select spelling, name, hash, case when admin then 3 else 1 end, case when verified then now() end,
           least(now(), coalesce(timestamptz 'epoch' + created_ms * interval '1 millisecond', now()))
    from fresh where not :dry::boolean
    on conflict (email) do nothing returning email
)
select g.n, octet_length(g.spelling) <= 254 as fits,
       g.first and case when :dry::boolean then exists (select from fresh f where f.n = g.n)
                        else exists (select from added d where d.email = g.spelling) end as added
from given g
