-- The letter, its notification, or both, as the reader chose; and the oldest notification makes room.
-- name: letter_add
with chosen as (
    select coalesce((select way from preferences where account_id = :account_id::bigint and kind = :kind), 'both') as way
    where not exists (select from gone_accounts where account_id = :account_id::bigint)
), letter as (
    insert into letters (event, kind, address, name, token, account_id, dialect, detail)
    select :event, :kind, :to, coalesce(:name, ''), :token, :account_id::bigint, :dialect, coalesce(:detail, '')
    from chosen where :always::boolean or way in ('mail', 'both')
    on conflict (event) do nothing
), notice as (
    insert into notifications (event, account_id, kind, title, text)
    select :event, :account_id::bigint, :kind, :title, :text
    from chosen where :account_id::bigint is not null and :title::text is not null and way in ('in-app', 'both')
    on conflict (event) do nothing returning 1
), room as (
    delete from notifications where id in (
        select id from notifications where account_id = :account_id::bigint order by created_at desc, id desc offset :most - 1)
    and exists (select from notice)
)
select count(*) as notices from notice
-- name: letter_claim
update letters set attempts = attempts + 1, due_at = now() + make_interval(secs => :lease_ms::float8 / 1000)
where id = (
    select id from letters where state = 'queued' and due_at <= now() order by due_at, id limit 1 for update skip locked)
returning id, event, kind, address, name, token, account_id, dialect, detail, attempts, ms(created_at) as created_at
-- name: letter_sent
update letters set state = 'sent', token = null, error = '', ended_at = now()
where id = :id and state = 'queued' and attempts = :attempts::integer
-- name: letter_later
update letters set error = :error, due_at = now() + make_interval(secs => :delay_ms::float8 / 1000)
where id = :id and state = 'queued' and attempts = :attempts::integer
-- name: letter_dead
update letters set state = 'dead', error = :error, ended_at = now()
where id = :id and state = 'queued' and attempts = :attempts::integer
-- name: letter_next
select greatest(0, ceil(extract(epoch from min(due_at) - now()) * 1000))::bigint as wait_ms from letters where state = 'queued'
-- name: letters_forget
delete from letters where account_id = :account_id
-- name: account_gone
insert into gone_accounts (account_id) values (:account_id) on conflict do nothing
-- name: gone_sweep
delete from gone_accounts where at < now() - interval '30 days'
-- name: letters_page
select id, event, kind, address, dialect, account_id, state, attempts, error, ms(created_at) as created_at,
       case when state = 'queued' then ms(due_at) end as due_at, ms(ended_at) as ended_at,
       (extract(epoch from created_at) * 1000000)::bigint as place_us, id as place_id
from letters
where (created_at, id) < (timestamptz 'epoch' + :before_us::bigint * interval '1 microsecond', :before_id::bigint)
  and (:state::text is null or state = :state::text) and (:address::text is null or address = :address::text)
order by created_at desc, id desc limit :rows
-- name: letter_show
select id, event, kind, address, dialect, account_id, state, attempts, error, ms(created_at) as created_at,
       case when state = 'queued' then ms(due_at) end as due_at, ms(ended_at) as ended_at
from letters where id = :id
-- A letter whose link was forgotten when it was sent is not sent again: it would open nothing.
-- name: letter_retry
update letters set state = 'queued', attempts = 0, due_at = now(), ended_at = null
where id = :id and state <> 'sent' returning id
-- name: letter_drop
delete from letters where id = :id returning id
-- name: notifications_page
select id, kind, title, text, ms(created_at) as created_at, ms(read_at) as read_at,
       (extract(epoch from created_at) * 1000000)::bigint as place_us, id as place_id
from notifications
where account_id = :user and (created_at, id) < (timestamptz 'epoch' + :before_us::bigint * interval '1 microsecond', :before_id::bigint)
  and (:unread::boolean is null or (read_at is null) = :unread::boolean)
order by created_at desc, id desc limit :rows
-- name: notifications_unread
select count(*) as count from notifications where account_id = :user and read_at is null
-- name: notification_read
update notifications set read_at = coalesce(read_at, now()) where id = :id and account_id = :user returning id
-- name: notifications_read
update notifications set read_at = now() where account_id = :user and read_at is null returning id
-- name: notifications_all
select id, kind, title, text, ms(created_at) as created_at, ms(read_at) as read_at
from notifications where account_id = :user order by created_at desc, id desc limit 500
-- name: notifications_forget
delete from notifications where account_id = :account_id
-- name: preferences_of
select kind, way from preferences where account_id = :user
-- name: preference_set
insert into preferences (account_id, kind, way) values (:user, :kind, :way)
on conflict (account_id, kind) do update set way = excluded.way
-- name: preferences_forget
delete from preferences where account_id = :account_id
-- name: letters_all
select kind, address, state, ms(created_at) as created_at from letters where account_id = :user
order by created_at desc, id desc limit 1000
-- The trouble is that of the letters that wait; what was given up is only counted.
-- name: letters_state
select count(*) as queued, coalesce(floor(extract(epoch from now() - min(created_at))), 0)::bigint as oldest_seconds,
       (select count(*) from letters where state = 'dead') as dead,
       coalesce((select error from letters where state = 'queued' and error <> '' order by due_at desc limit 1), '') as error
from letters where state = 'queued'
