-- name: letter_add
insert into letters (event, kind, address, name, token, account_id, dialect)
values (:event, :kind, :to, coalesce(:name, ''), :token, :account_id, :dialect)
on conflict (event) do nothing
-- name: letter_claim
update letters set attempts = attempts + 1, due_at = now() + make_interval(secs => :lease_ms::float8 / 1000)
where id = (
    select id from letters where state = 'queued' and due_at <= now() order by due_at, id limit 1 for update skip locked)
returning id, event, kind, address, name, token, account_id, dialect, attempts, ms(created_at) as created_at
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
