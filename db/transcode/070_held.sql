-- While a film is paused no time passes for it, and nobody can say when it will be ready.
alter table assets add column held_at timestamptz;

create or replace view jobs as
select a.id, a.title_id, coalesce(u.filename, '') as filename, a.error, a.priority, a.playable,
       a.progress::float8 as progress,
       case when a.held and a.state in ('pending', 'processing') then 'paused' else a.state end as state,
       (select count(*) from tasks t where t.asset_id = a.id) as tasks,
       (select count(*) from tasks t where t.asset_id = a.id and t.state = 'done') as tasks_done,
       (select count(*) from tasks t where t.asset_id = a.id and t.state = 'running' and t.lease_until > now())
           as tasks_running,
       case when a.state in ('pending', 'processing') and not a.held then
           (select count(*) + 1 from assets b where b.state in ('pending', 'processing') and not b.held
               and (b.priority > a.priority or (b.priority = a.priority and b.id < a.id))) end as position,
       case when a.state = 'processing' and not a.held and a.progress > 0.01 then
           (extract(epoch from now() - a.started_at) * (1 - a.progress) / a.progress)::bigint end as eta_seconds,
       ms(a.created_at) as created_at, ms(a.started_at) as started_at, ms(a.finished_at) as finished_at,
       a.created_at as made_at, (extract(epoch from a.created_at) * 1000000)::bigint as place_us, a.id as place_id
from assets a join uploads u on u.id = a.upload_id;
