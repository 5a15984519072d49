-- name: letter_add
insert into letters (event, kind, address, name, token, account_id, dialect, detail)
select :event, :kind, :to, coalesce(:name, ''), :token, :account_id::bigint, :dialect, coalesce(:detail, '')
where not exists (select from gone_accounts where account_id = :account_id::bigint)
on conflict (event) do nothing
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
