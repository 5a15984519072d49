-- name: outbox_put
insert into outbox (message, body) values (:message, :body)
-- name: outbox_lead
select pg_try_advisory_lock(hashtext('zoe outbox ' || current_schema())) as lead
-- name: outbox_take
-- The oldest of each message: a receiver that is away holds up only its own.
with recursive kinds (message) as (
    select min(message) from outbox where failed is null
    union all
    select (select min(message) from outbox where failed is null and message > kinds.message)
    from kinds where kinds.message is not null
)
select oldest.id, oldest.message, oldest.body
from kinds cross join lateral (
    select id, message, body from outbox where failed is null and message = kinds.message order by id limit 32
) oldest
order by oldest.id limit 128
-- name: outbox_done
delete from outbox where id = any(:ids::bigint[])
-- name: outbox_fail
update outbox set failed = :why where id = :id
-- name: seen_put
insert into seen (edge, sequence) values (:edge, :sequence) on conflict do nothing returning 1 as fresh
-- name: seen_sweep
delete from seen where at < now() - interval '7 days'
-- Waits for whoever holds the same key; a row when the work is ours.
-- name: once_begin
insert into once (key, body) values (:key, :body)
on conflict (key) do update set body = excluded.body, answer = null, at = now() where once.at < now() - interval '24 hours'
returning 1 as fresh
-- name: once_kept
select body, answer from once where key = :key
-- name: once_end
update once set answer = :answer where key = :key
-- name: once_sweep
delete from once where at < now() - interval '24 hours'
