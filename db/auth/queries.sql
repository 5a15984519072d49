-- name: account_add
insert into accounts (email, name, password, roles, verified_at, username)
values (normal(:email), :name, :password_hash, :roles::integer, case when :verified::boolean then now() end, normal(:username))
on conflict (email) do nothing
returning id, email, name, roles, verified_at is not null as verified, ms(created_at) as created_at, picture_url(picture) as picture_url, username
-- The number that a new account would have got: account_add took it although the address was known.
-- name: account_not_made
select currval(pg_get_serial_sequence('accounts', 'id')) as id, ms(now()) as created_at, normal(:email) as email
-- Always one row: its spelling is what limits count by, whether there is such an account or not. While accounts have hashes of other
-- systems, each login pays for one of them: which one hangs on the spelling, so that strangers look like accounts.
-- name: account_by_email
select k.spelling, a.id, a.email, a.name, a.password, a.roles, a.verified_at is not null as verified, ms(a.created_at) as created_at, picture_url(a.picture) as picture_url, a.username,
       a.suspended_at is not null as suspended, a.totp_since is not null as two_factor,
       (select f.password from accounts f, (select min(id) as low, max(id) as high from accounts where password not like '$2%') b
        where f.password not like '$2%'
          and f.id >= b.low + (hashtextextended(k.spelling, 0) & 9223372036854775807) % (b.high - b.low + 1)
        order by f.id limit 1) as sample
from (select normal(:email) as spelling) k left join accounts a on a.email = k.spelling or a.username = k.spelling
-- name: account_secret
select id, email, name, password, roles, verified_at is not null as verified, ms(created_at) as created_at, picture_url(picture) as picture_url, username,
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
returning id, email, name, roles, verified_at is not null as verified, ms(created_at) as created_at, picture_url(picture) as picture_url, username,
          suspended_at is not null as suspended
-- name: password_rehash
update accounts set password = :password_hash where id = :account_id and password = :old
-- name: account_by_id
select id, email, name, roles, verified_at is not null as verified, ms(created_at) as created_at, picture_url(picture) as picture_url, username,
       suspended_at is not null as suspended
from accounts where id = :id
-- name: accounts_by_id
select id, email, name, roles, verified_at is not null as verified, ms(created_at) as created_at, picture_url(picture) as picture_url, username
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
        now() + make_interval(secs => least(:seconds::float8, :most_seconds::float8)))
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
-- name: ends_inactive
update ends set inactive = true
where until > now() and session_id in (select s.id from sessions s where s.account_id = :account_id)
-- name: ended_sessions
select id as place, session_id as id, ms(until) as until, inactive from ends
where until > now() and id > coalesce(:after, 0) - 256 order by place limit 10000
-- name: ends_sweep
delete from ends where until < now()
-- name: token_add
insert into one_time_tokens (hash, account_id, kind, email, expires_at)
values (:hash, :account_id, :kind, normal(:new_email), now() + make_interval(secs => :seconds::float8))
-- Of two that come with one link at once, the second waits and finds it used. A link to a new address activates too.
-- name: token_find
select account_id, used_at is not null as used, email from one_time_tokens
where hash = :hash and (kind = :kind or (:kind::text = 'activation' and kind = 'address')) and expires_at > now() for update
-- name: token_spend
update one_time_tokens set used_at = now() where hash = :hash
-- name: address_set
update accounts set email = :new_email, verified_at = coalesce(verified_at, now()) where id = :id
returning id, email, name, roles, verified_at is not null as verified, ms(created_at) as created_at, picture_url(picture) as picture_url, username
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
returning id, email, name, roles, verified_at is not null as verified, ms(created_at) as created_at, picture_url(picture) as picture_url, username
-- name: picture_lock
select picture from accounts where id = :user for update
-- name: picture_set
update accounts set picture = :picture, name = coalesce(:name, name) where id = :user
returning id, email, name, roles, verified_at is not null as verified, ms(created_at) as created_at, picture_url(picture) as picture_url, username
-- name: profile_set
update accounts set name = coalesce(:name, name) where id = :user
returning id, email, name, roles, verified_at is not null as verified, ms(created_at) as created_at, picture_url(picture) as picture_url, username
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
           row_number() over (partition by normal(email) order by n) = 1 as first, normal(username) as username
    from jsonb_to_recordset(:list::jsonb)
        as r (n integer, email text, name text, hash text, verified boolean, admin boolean, created_ms bigint, username text)
), fresh as (
    select g.*, row_number() over (partition by username order by n) = 1 and octet_length(username) <= 100
                and not exists (select from accounts a where a.username = g.username) as own_name
    from given g
    where first and octet_length(spelling) <= 254 and not exists (select from accounts a where a.email = g.spelling)
), added as (
    insert into accounts (email, name, password, roles, verified_at, created_at, username)
    select spelling, name, hash, case when admin then 3 else 1 end, case when verified then now() end,
           least(now(), coalesce(timestamptz 'epoch' + created_ms * interval '1 millisecond', now())),
           case when own_name then username end
    from fresh where not :dry::boolean
    order by n
    on conflict do nothing returning id, email
)
select g.n, octet_length(g.spelling) <= 254 as fits,
       g.first and case when :dry::boolean then f.n is not null else d.id is not null end as added,
       f.username is not null and not f.own_name as nameless,
       coalesce(d.id, (select a.id from accounts a where a.email = g.spelling)) as id
from given g left join fresh f on f.n = g.n left join added d on d.email = g.spelling
-- Plans.
-- name: plans_list
select id, name, description, price, currency, "interval", active, ms(created_at) as created_at, ms(updated_at) as updated_at,
       case when :all::boolean then nullif(checkout_url, '') end as checkout_url
from plans where active or :all::boolean order by price, id limit 200
-- name: plan_show
select id, name, description, price, currency, "interval", active, ms(created_at) as created_at, ms(updated_at) as updated_at,
       nullif(checkout_url, '') as checkout_url
from plans where id = :id
-- name: plan_add
insert into plans (name, description, price, currency, "interval", active, checkout_url)
values (:name, coalesce(:description, ''), :price, :currency, :interval, coalesce(:active, true), coalesce(:checkout_url, ''))
returning id
-- name: plan_change
update plans set name = coalesce(:name, name), description = coalesce(:description, description), price = coalesce(:price, price),
    currency = coalesce(:currency, currency), "interval" = coalesce(:interval, "interval"), active = coalesce(:active, active),
    checkout_url = coalesce(:checkout_url, checkout_url), updated_at = now()
where id = :id returning id
-- name: plan_delete
delete from plans where id = :id returning id
-- name: subscriptions_of
select s.id, s.plan_id, p.name as plan, s.state, ms(s.start_at) as start_at, ms(s.end_at) as end_at, s.auto_renew, ms(s.created_at) as created_at,
       s.state = 'active' and s.end_at + make_interval(secs => case when s.auto_renew then :grace::float8 else 0 end) > now() as active,
       case when s.state = 'pending' and p.active and p.checkout_url <> '' then
           p.checkout_url || case when strpos(p.checkout_url, '?') > 0 then '&' else '?' end
           || 'client_reference_id=' || s.account_id || '-' || s.plan_id end as checkout_url
from subscriptions s join plans p on p.id = s.plan_id
where s.account_id = :account_id and (:id::bigint is null or s.id = :id::bigint)
order by case when :newest::boolean then 0 when s.state = 'active' then 2 when s.state = 'pending' then 1 else 0 end desc,
         case when not :newest::boolean and s.state = 'active' then s.end_at end desc nulls last, s.id desc
limit :rows
-- name: subscription_add
insert into subscriptions (account_id, plan_id, state, start_at, end_at, auto_renew)
select :account_id, p.id, :state, case when :state = 'active' then now() end,
       case when :state = 'active' then coalesce(timestamptz 'epoch' + :end_at::bigint * interval '1 millisecond', now() + span(p."interval")) end,
       :auto_renew
from plans p where p.id = :plan_id
returning id
-- Those of ours, not the provider's.
-- name: subscription_end_own
update subscriptions set state = 'ended', end_at = least(coalesce(end_at, now()), now()), auto_renew = false
where account_id = :account_id and reference is null and state = :state
-- name: subscription_end_all
update subscriptions set state = 'ended', end_at = least(coalesce(end_at, now()), now()), auto_renew = false, cancelled_at = now()
where account_id = :account_id and state <> 'ended' returning id
-- name: subscription_cancel
update subscriptions set auto_renew = false, cancelled_at = now(), state = case when state = 'pending' and reference is null then 'ended' else state end
where account_id = :account_id and state <> 'ended' and (state = 'active' or reference is null) returning id
-- name: entitled
select coalesce(bool_or(plan_id = :plan_id), false) as entitled, count(*) > 0 as subscribed
from subscriptions
where account_id = :user and state = 'active'
  and end_at + make_interval(secs => case when auto_renew then :grace::float8 else 0 end) > now()
-- A subscription that was cancelled at the provider, or not paid for in the days of grace, ends; a free one goes on.
-- name: subscriptions_due
select s.id, s.account_id, s.plan_id, p.name as plan, a.email, a.name,
       s.auto_renew and p.price = 0 and p.active and s.reference is null as renews
from subscriptions s join plans p on p.id = s.plan_id join accounts a on a.id = s.account_id
where s.state = 'active' and s.end_at <= now()
  and (not s.auto_renew or s.reference is null or s.end_at + make_interval(secs => :grace::float8) <= now())
order by s.end_at limit 100 for update of s skip locked
-- name: subscription_renew
update subscriptions s set end_at = greatest(s.end_at, now() - interval '1 day') + span(p."interval")
from plans p where p.id = s.plan_id and s.id = :id
-- name: subscription_expire
update subscriptions set state = 'ended', auto_renew = false where id = :id
-- The ledger.
-- name: payment_add
insert into payments (account_id, plan_id, reference, document, amount, currency, status, event_id, at)
values (:account_id, :plan_id, :reference, coalesce(:document, ''), :amount, :currency, :status, :event_id,
        coalesce(timestamptz 'epoch' + :at::bigint * interval '1 second', now()))
on conflict (event_id) do nothing
-- name: payment_pending
insert into payments (account_id, plan_id, amount, currency, status)
select :account_id, id, price, currency, 'pending' from plans where id = :plan_id
-- name: payments_pending_lately
select count(*) as count from payments where account_id = :account_id and status = 'pending' and made_at > now() - interval '1 day'
-- name: payments_page
select id, plan_id, amount, currency, status, document, ms(at) as at, account_id,
       (extract(epoch from made_at) * 1000000)::bigint as place_us, id as place_id
from payments
where (made_at, id) < (timestamptz 'epoch' + :before_us::bigint * interval '1 microsecond', :before_id::bigint)
  and (:account_id::bigint is null or account_id = :account_id::bigint) and (:status::text is null or status = :status::text)
order by made_at desc, id desc limit :rows
-- What the provider tells.
-- name: event_add
insert into webhook_events (id, type, created, outcome, kind, reference, links, account_id, plan_id, period_end, renews, amount, currency, document)
values (:id, :type, timestamptz 'epoch' + :created::bigint * interval '1 second', case when :kind = 'other' then 'ignored' else 'waiting' end,
        :kind, :reference, :links::text[], (select a.id from accounts a where a.id = :account_id::bigint), (select p.id from plans p where p.id = :plan_id::bigint),
        timestamptz 'epoch' + :period_end::bigint * interval '1 second', :renews, :amount, :currency, coalesce(:document, ''))
on conflict (id) do nothing returning account_id
-- Events are taken one after the other: what one of them is worth depends on those before it.
-- name: webhook_lock
select 1 as locked from pg_advisory_xact_lock(hashtextextended('zoe payments', 0))
-- name: reference_by_links
select reference from webhook_events where links && :links::text[] and reference is not null and kind <> 'refunded' order by created limit 1
-- name: event_refer
update webhook_events set reference = :reference where id = :id
-- Whose events of this reference are: the newest word counts for the plan, a waiting order is the last resort.
-- name: reference_owner
select o.account_id, o.known,
       coalesce((select plan_id from webhook_events where reference = :reference and plan_id is not null order by created desc, id desc limit 1),
                (select plan_id from subscriptions where account_id = o.account_id and state = 'pending' and reference is null),
                (select plan_id from subscriptions where reference = :reference)) as plan_id
from (select (select account_id from webhook_events where reference = :reference and account_id is not null
              order by created desc, id desc limit 1) as account_id,
             exists (select from webhook_events where reference = :reference and outcome = 'applied') as known) o
-- name: events_waiting
select id, type, kind, links::text as links, amount, currency, document, extract(epoch from created)::bigint as created
from webhook_events where reference = :reference and outcome = 'waiting' order by created, id limit 500
-- A payment without a period of its own pays for one interval behind what is paid for already.
-- name: event_apply
update webhook_events e set outcome = 'applied', account_id = coalesce(e.account_id, (select a.id from accounts a where a.id = :account_id::bigint)),
    period_end = coalesce(e.period_end, case
        when e.kind = 'opened' then e.created + span(p."interval")
        when e.kind = 'paid' then greatest(e.created, (select max(b.period_end) from webhook_events b
            where b.reference = e.reference and b.outcome = 'applied' and b.kind in ('paid', 'opened'))) + span(p."interval") end)
from plans p where e.id = :id and p.id = :plan_id::bigint
-- name: refunds_waiting
update webhook_events set reference = :reference
where reference is null and kind = 'refunded' and outcome = 'waiting' and links && :links::text[]
-- The order that waits becomes the provider's subscription.
-- name: subscription_bind
update subscriptions set reference = :reference
where account_id = :account_id and plan_id = :plan_id and state = 'pending' and reference is null
  and not exists (select from subscriptions where reference = :reference)
-- name: subscription_open
insert into subscriptions (account_id, plan_id, state, auto_renew, reference)
select a.id, :plan_id, 'pending', :reference not like 'account:%', :reference from accounts a where a.id = :account_id
on conflict (reference) do nothing
-- name: subscription_fold
with facts as (
    select * from webhook_events where reference = :reference and outcome = 'applied'
), folded as (
    select max(period_end) filter (where kind in ('opened', 'paid', 'changed')) as paid_until,
           min(created) filter (where kind in ('opened', 'paid') or (kind = 'changed' and period_end is not null)) as begun,
           min(coalesce(period_end, created)) filter (where kind = 'closed') as closed,
           (select created from facts where kind = 'changed' order by created desc, id desc limit 1) as told,
           (select renews from facts where kind = 'changed' order by created desc, id desc limit 1) as renews
    from facts
), next as (
    select s.id, least(f.paid_until, f.closed) as end_at, f.begun, f.closed,
           f.closed is null and coalesce(f.renews, :reference not like 'account:%')
               and not (s.cancelled_at is not null and s.cancelled_at > coalesce(f.told, '-infinity')) as renews
    from subscriptions s, folded f where s.reference = :reference
)
update subscriptions s set plan_id = :plan_id, start_at = least(n.begun, n.end_at), end_at = n.end_at, auto_renew = n.renews,
    state = case when n.closed <= now() then 'ended'
                 when n.end_at is null then case when n.closed is null then 'pending' else 'ended' end
                 when n.end_at + make_interval(secs => case when n.renews then :grace::float8 else 0 end) > now() then 'active'
                 else 'ended' end
from next n where s.id = n.id
returning s.id, s.state, s.account_id, to_char(s.end_at at time zone 'UTC', 'YYYY-MM-DD') as until
-- A paid subscription takes the place of a free one.
-- name: subscription_free_ends
update subscriptions s set state = 'ended', end_at = least(s.end_at, now()), auto_renew = false
from plans p where p.id = s.plan_id and s.account_id = :account_id and s.reference is null and s.state = 'active' and p.price = 0
-- name: events_sweep
delete from webhook_events where received_at < now() - interval '400 days' and (outcome = 'ignored'
    or (outcome = 'applied' and not exists (select from subscriptions s where s.reference = webhook_events.reference and s.state <> 'ended')))
-- name: email_known
select exists (select from accounts where email = normal(:email)) as exists
