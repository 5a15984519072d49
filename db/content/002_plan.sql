-- A title may need a plan (auth knows who has it).
alter table titles add plan_id bigint check (plan_id > 0);
create or replace view shown as
select id, title, kind, description, category, duration, error as processing_error, state as processing_state,
       progress as processing_progress, renditions, ms(created_at) as created_at, ms(updated_at) as updated_at,
       case when poster then '/v1/titles/' || id || '/poster.jpg' end as poster_url,
       created_at as made_at, (extract(epoch from created_at) * 1000000)::bigint as place_us, id as place_id, plan_id
from titles;
