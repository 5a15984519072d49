-- name: outbox_put
insert into outbox (message, body) values (:message, :body)
-- name: outbox_lead
select pg_try_advisory_lock(hashtext('zoe outbox ' || current_schema())) as lead
-- name: outbox_take
select id, message, body, attempts from outbox where failed is null and id > :after order by id limit 64
-- name: outbox_done
delete from outbox where id = any(:ids::bigint[])
-- name: outbox_fail
update outbox set failed = :why where id = :id
-- name: seen_put
insert into seen (edge, sequence) values (:edge, :sequence) on conflict do nothing returning 1 as fresh
-- name: seen_sweep
delete from seen where at < now() - interval '7 days'
