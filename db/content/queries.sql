-- name: title_add
insert into titles (title, kind, description, category, plan_id)
values (:title, coalesce(:kind, 'movie'), coalesce(:description, ''), coalesce(:category, ''), nullif(:plan_id::bigint, 0))
returning id, revision
-- name: title_show
select * from shown where id = :id
-- name: titles_show
select * from shown where id = any(:ids::bigint[])
-- A statement for each index, so that a rare filter never walks the whole catalogue.
-- name: title_page
select * from shown
where (made_at, id) < (timestamptz 'epoch' + :before_us::bigint * interval '1 microsecond', :before_id::bigint)
order by made_at desc, id desc limit :rows
-- name: title_page_category
select * from shown
where (made_at, id) < (timestamptz 'epoch' + :before_us::bigint * interval '1 microsecond', :before_id::bigint)
  and category = :category and (:kind::text is null or kind = :kind)
  and (:state::text is null or processing_state = :state)
order by made_at desc, id desc limit :rows
-- name: title_page_state
select * from shown
where (made_at, id) < (timestamptz 'epoch' + :before_us::bigint * interval '1 microsecond', :before_id::bigint)
  and processing_state = :state and (:kind::text is null or kind = :kind)
order by made_at desc, id desc limit :rows
-- name: title_page_kind
select * from shown
where (made_at, id) < (timestamptz 'epoch' + :before_us::bigint * interval '1 microsecond', :before_id::bigint)
  and kind = :kind
order by made_at desc, id desc limit :rows
-- name: title_lock
select title, asset_id, sequence, duration, poster, state, playable from titles where id = :id for update
-- name: title_change
update titles set title = coalesce(:title, title), kind = coalesce(:kind, kind),
    description = coalesce(:description, description), category = coalesce(:category, category),
    plan_id = case when :plan_id::bigint is null then plan_id else nullif(:plan_id::bigint, 0) end,
    revision = revision + 1, updated_at = now()
where id = :id
-- name: title_delete
delete from titles where id = :id returning revision + 1 as revision
-- name: title_card
select id as title_id, title, duration, revision,
       case when poster then '/v1/titles/' || id || '/poster.jpg' end as poster_url
from titles where id = :id
-- A rung or a poster that is there once does not vanish from the same film; a newer film begins from nothing.
-- name: title_processed
update titles set
    asset_id = :asset_id, sequence = :sequence, asset = :asset, state = :state, progress = :progress,
    error = coalesce(:error, ''), playable = :playable,
    duration = coalesce(:duration, case when asset_id = :asset_id then duration end),
    poster = coalesce(:poster, false) or (poster and asset_id = :asset_id),
    renditions = case when asset_id = :asset_id and :renditions = '[]'::jsonb then renditions else :renditions end,
    revision = revision + 1, updated_at = now()
where id = :title_id
-- name: title_playable
select id, asset, state, playable, poster, plan_id from titles where id = :id
