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
