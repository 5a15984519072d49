-- name: upload_add
insert into uploads (id, title_id, length, filename, owner, concat, metadata)
values (:id, :title_id::bigint, :length, :filename, :owner, case when :partial::boolean then 'partial' end, :metadata)
returning id, title_id, length, filename, state, owner, concat, metadata, (extract(epoch from created_at) * 1000)::bigint as created_at
-- name: upload_show
select id, title_id, length, filename, state, owner, stored + tail as stored, concat, metadata,
       (extract(epoch from created_at) * 1000)::bigint as created_at from uploads
where id = :id and state not in ('spent', 'gone')
-- name: upload_lease
update uploads set fence = fence + 1, holder = :holder,
    lease_until = now() + make_interval(secs => :lease_ms::float8 / 1000)
where id = :id and (holder is null or holder = :holder or lease_until < now())
returning id, fence, multipart, stored, tail, tail_fence
-- name: upload_parts
select number, bytes, etag from upload_parts where upload_id = :id order by number
-- News may overtake one another: what is safe only grows while a fence holds.
-- name: upload_stored
update uploads set multipart = coalesce(:multipart, multipart), stored = greatest(stored, :stored::bigint),
    tail = case when :stored::bigint > stored or :stored::bigint + :tail::bigint > stored + tail
        then :tail::bigint else tail end,
    tail_fence = case when :tail::bigint > 0 and (:stored::bigint > stored or :stored::bigint + :tail::bigint > stored + tail)
        then :fence::bigint else tail_fence end,
    holder = case when :release::boolean then null else holder end,
    lease_until = now() + make_interval(secs => :lease_ms::float8 / 1000)
where id = :id and fence = :fence::bigint and state = 'open' returning id
-- name: upload_part
insert into upload_parts (upload_id, number, bytes, etag) values (:id, :number::integer, :bytes, :etag)
on conflict (upload_id, number) do update set bytes = excluded.bytes, etag = excluded.etag
-- name: upload_parts_end
delete from upload_parts where upload_id = :id
-- name: uploads_expired
update uploads set state = 'spent'
where (state = 'open' or (state = 'finished' and concat = 'partial' and final is null))
    and created_at < now() - make_interval(secs => :seconds::float8)
    and (lease_until is null or lease_until < now())
returning id
-- name: uploads_spent
select id from uploads where state = 'spent' order by created_at limit 1000
-- name: upload_remains
select multipart, tail_fence from uploads where id = :id
-- Two uploads opened at once must not both find room for one.
-- name: uploads_of_owner_lock
select pg_advisory_xact_lock(hashtextextended('zoe uploads', :owner::bigint))
-- name: uploads_of_owner
select coalesce(sum(u.length), 0)::bigint as bytes from uploads u
where u.owner = :owner and (u.state = 'open' or (u.state = 'finished' and u.concat = 'partial' and u.final is null)
    or exists (select from assets a where a.upload_id = u.id))
-- name: uploads_to_join
select u.id, u.length, u.state, u.owner, u.concat = 'partial' and u.final is null as free
from unnest(:parts::text[]) with ordinality as p(id, place) join uploads u on u.id = p.id
order by u.id for update of u
-- name: upload_add_final
insert into uploads (id, title_id, length, filename, owner, concat, metadata, state)
values (:id, :title_id, :length, :filename, :owner, :concat, :metadata, 'finished')
returning id, title_id, length, filename, state, owner, concat, metadata, (extract(epoch from created_at) * 1000)::bigint as created_at
-- name: uploads_take
update uploads u set final = :final, place = p.place
from unnest(:parts::text[]) with ordinality as p(id, place) where u.id = p.id
-- name: upload_unjoined
select length, multipart from uploads where id = :upload and concat like 'final;%' and stored < length
-- name: upload_partials
select id, length from uploads where final = :upload and state = 'finished' order by place
-- name: upload_joining
update uploads set multipart = :multipart where id = :upload
-- name: upload_joined
update uploads set stored = length, multipart = null where id = :upload
-- name: upload_partials_spent
update uploads set state = 'spent' where final = :upload and state = 'finished' returning id
-- name: upload_lock
select id, title_id, length, state, concat = 'partial' as partial, final from uploads where id = :id for update
-- name: upload_state
update uploads set state = :state where id = :id
-- name: asset_add
insert into assets (folder, upload_id, title_id) values (:folder, :upload_id, :title_id) returning id
-- name: task_add
insert into tasks (asset_id, kind, rank, first, count, make)
values (:asset, :kind, :rank::integer, :first::integer, :count::integer, :make::integer)
-- name: task_claim
update tasks set state = 'running', worker = :worker, attempt = attempt + 1, began_at = now(),
    lost = lost + (state = 'running')::integer, lease_until = now() + make_interval(secs => :lease_ms::float8 / 1000)
where id = (
    select t.id from tasks t join assets a on a.id = t.asset_id
    where t.state <> 'done' and (t.state = 'waiting' or t.lease_until < now()) and t.not_before <= now()
      and (a.state in ('pending', 'processing') or t.kind = 'retire'
          or (t.kind in ('file', 'sheet', 'text') and a.state = 'ready')) and not a.held and t.rank <= :rank_max::integer
      and (t.kind <> 'chunk' or not a.has_audio or a.audio_segments >= t.first + t.count)
      and (t.kind <> 'poster' or a.playable)
      and (t.kind <> 'finish' or not exists (
          select from tasks o where o.asset_id = t.asset_id and o.id <> t.id and o.state <> 'done'))
    order by a.priority desc, t.rank, t.first, t.id limit 1 for update of t skip locked)
returning id, asset_id, kind, rank, first, count, make, attempt, failures, lost
-- name: task_renew
update tasks set lease_until = now() + make_interval(secs => :lease_ms::float8 / 1000)
where id = :task and worker = :worker and attempt = :attempt::integer and state = 'running' returning id
-- name: task_release
update tasks set state = 'waiting', worker = null, lease_until = null, failures = failures + :failed::integer,
    lost = lost + :shot::integer, not_before = now() + make_interval(secs => :delay_ms::float8 / 1000)
where id = :task and worker = :worker and attempt = :attempt::integer and state = 'running' returning id
-- name: task_done
update tasks set state = 'done', ended_at = now(), lease_until = null
where id = :task and worker = :worker and attempt = :attempt::integer and state = 'running' returning id
-- name: task_part
update tasks set first = :first::integer, count = :count::integer,
    lease_until = now() + make_interval(secs => :lease_ms::float8 / 1000)
where id = :task and worker = :worker and attempt = :attempt::integer and state = 'running' returning id
-- name: tasks_beyond
update tasks set state = 'done', ended_at = now(), lease_until = null
where asset_id = :asset and kind = 'chunk' and first >= :segments::integer and state <> 'done'
-- name: tasks_end
delete from tasks where asset_id = :asset
-- name: asset_show
select a.id, a.folder, a.upload_id, a.title_id, a.state, a.error, a.progress, a.film, a.duration_us, a.frames, a.fps_num, a.fps_den,
       a.segments, a.has_audio, a.audio_segments, a.playable, a.poster, a.fragments,
       coalesce(extract(epoch from now() - a.started_at), 0) as running_seconds
from assets a where a.id = :asset
-- name: asset_lock
select id from assets where id = :asset for update
-- name: asset_plan
update assets set state = 'processing', film = :film, duration_us = :duration_us, frames = :frames, fps_num = :fps_num::integer,
    fps_den = :fps_den::integer, segments = :segments::integer, has_audio = :has_audio, fragments = :fragments,
    reserved_bytes = :reserved, error = '',
    started_at = now() where id = :asset
-- name: asset_audio
update assets set audio_segments = greatest(audio_segments, :segments::integer) where id = :asset
-- name: asset_truncate
update assets set segments = least(segments, :segments::integer), frames = least(frames, :frames) where id = :asset
-- name: asset_poster
update assets set poster = true where id = :asset
-- name: asset_progress
update assets a set playable = a.playable or exists (select from segments s where s.asset_id = a.id and s.rung < 100 and s.number = 0),
    progress = greatest(a.progress, least(0.99, (select count(*) from segments s where s.asset_id = a.id and s.rung < 100)::float8
        / greatest(1, a.segments * (select count(*) from renditions r where r.asset_id = a.id))))
where id = :asset
-- name: asset_finish
update assets set state = 'ready', progress = 1, finished_at = now() where id = :asset
-- name: asset_fail
update assets set state = 'error', error = :error, finished_at = now() where id = :asset and state <> 'ready'
-- name: asset_news
update assets set sequence = sequence + 1 where id = :asset
returning id as asset_id, folder as asset, title_id, sequence, progress, error, playable, poster, fragments,
          case state when 'cancelled' then 'error' when 'replaced' then 'ready' else state end as state,
          duration_us / 1e6 as duration
-- What this film replaces; those who watch it keep it until their addresses end.
-- name: assets_replace
with old as (
    update assets set state = 'replaced' where title_id = :title_id and id < :asset and state <> 'replaced' returning id, playable),
ended as (delete from tasks where asset_id in (select id from old))
insert into tasks (asset_id, kind, rank, not_before)
select id, 'retire', :rank::integer,
    now() + make_interval(secs => (case when playable then :seconds::float8 else 0 end) + :lease_ms::float8 / 500) from old
-- name: assets_of_title
select id, folder, upload_id from assets where title_id = :title_id
-- name: asset_delete
with gone as (delete from assets where id = :asset returning folder)
insert into leftovers (folder) select folder from gone on conflict (folder) do update set since = now()
-- name: leftover_take
update leftovers set since = now() where folder in (
    select folder from leftovers where since < now() - make_interval(secs => :seconds::float8)
    order by since limit 1 for update skip locked) returning folder
-- name: leftover_end
delete from leftovers where folder = :folder
-- name: uploads_of_title
update uploads set state = 'spent' where state <> 'gone'
    and (title_id = :title_id or final in (select id from uploads where title_id = :title_id)) returning id
-- name: rendition_add
insert into renditions (asset_id, rung, name, width, height, crf, maxrate, bufsize)
values (:asset, :rung::integer, :name, :width::integer, :height::integer, :crf::integer, :maxrate, :bufsize)
-- name: renditions
select r.rung, r.name, r.width, r.height, r.crf, r.maxrate, r.bufsize, r.profile, r.file,
       coalesce(max(s.bytes * 8e6 / s.duration_us), 0)::bigint as bandwidth,
       coalesce(sum(s.bytes) * 8e6 / sum(s.duration_us), 0)::bigint as average,
       count(s.number) as segments
from renditions r left join segments s on s.asset_id = r.asset_id and s.rung = r.rung and s.duration_us > 0
where r.asset_id = :asset group by r.asset_id, r.rung order by r.rung
-- name: rendition_profile
update renditions set profile = :profile::integer where asset_id = :asset and rung = :rung::integer
-- name: rendition_file
update renditions set file = true where asset_id = :asset and rung = :rung::integer
-- name: segment_add
insert into segments (asset_id, rung, number, bytes, duration_us, keys)
values (:asset, :rung::integer, :number::integer, :bytes::integer, :duration_us, :keys)
on conflict (asset_id, rung, number) do update set bytes = excluded.bytes, duration_us = excluded.duration_us,
    keys = excluded.keys
-- name: segments
select number, bytes, duration_us, keys from segments where asset_id = :asset and rung = :rung::integer order by number
-- name: picture_add
insert into pictures (name) values (:name)
-- name: picture_keep
update pictures set kept = true where name = :name
-- Its files go at once; should they not, the next sweep tries again.
-- name: picture_let_go
update pictures set kept = false, sweeps = 1000 where name = :name
-- name: picture_delete
delete from pictures where name = :name and not kept
-- name: pictures_sweep
update pictures set sweeps = sweeps + 1 where not kept and made_at < now() - interval '10 minutes'
returning name, sweeps
-- name: track_add
insert into tracks (asset_id, kind, number, stream, language, name, channels, preferred, forced)
values (:asset, :kind, :number::integer, :stream::integer, :language, :name, :channels::integer, :preferred, :forced)
-- name: track_show
select stream, channels from tracks where asset_id = :asset and kind = :kind and number = :number::integer
-- name: track_delete
with gone as (delete from segments where asset_id = :asset and rung = :rung::integer)
delete from tracks where asset_id = :asset and kind = :kind and number = :number::integer
-- name: tracks
select t.kind, t.number, t.stream, t.language, t.name, t.channels, t.preferred, t.forced,
       coalesce(max(s.bytes * 8e6 / s.duration_us), 0)::bigint as bandwidth,
       coalesce(sum(s.bytes) * 8e6 / sum(s.duration_us), 0)::bigint as average,
       count(s.number) as segments
from tracks t left join segments s on s.asset_id = t.asset_id and s.duration_us > 0
    and s.rung = t.number + case t.kind when 'text' then 200 else 100 end
where t.asset_id = :asset group by t.asset_id, t.kind, t.number order by t.kind, t.number
-- name: jobs_page
select * from jobs
where (made_at, id) < (timestamptz 'epoch' + :before_us::bigint * interval '1 microsecond', :before_id::bigint)
  and (:state::text is null or state = :state::text) and (:title_id::bigint is null or title_id = :title_id::bigint)
order by made_at desc, id desc limit :rows
-- name: job_show
select * from jobs where id = :id
-- A worker that commits locks its task and then the film: whoever takes both takes them in that order.
-- name: tasks_lock
select id from tasks where asset_id = :id order by id for update
-- name: tasks_lock_older
select t.id from tasks t join assets a on a.id = t.asset_id
where a.title_id = :title_id and a.id < :asset and a.state <> 'replaced' order by t.id for update of t
-- name: assets_lock_older
select id from assets where title_id = :title_id and id < :asset and state = 'ready' order by id for update
-- Subtitles that were sent for the film that is shown, and not for the one that takes its place.
-- name: tracks_to_carry
select a.folder, t.number, t.language, t.name from tracks t join assets a on a.id = t.asset_id
where a.title_id = :title_id and a.id < :asset and a.state = 'ready' and t.kind = 'text' and t.stream < 0
  and not exists (select from tracks n where n.asset_id = :asset and n.kind = 'text' and n.stream < 0
                  and n.language = t.language)
order by t.number
-- name: job_lock
select folder, upload_id, state,
       (select u.concat like 'final;%' and u.stored < u.length from uploads u where u.id = upload_id) as unjoined
from assets where id = :id for update
-- name: job_change
update assets set priority = coalesce(:priority::integer, priority), held = coalesce(:paused::boolean, held),
    held_at = case when not :paused::boolean then null when :paused::boolean and not held then now() else held_at end,
    started_at = case when held and not :paused::boolean then started_at + (now() - greatest(held_at, started_at))
        else started_at end
where id = :id
-- name: job_cancel
with ended as (delete from tasks where asset_id = :id),
     gone as (insert into leftovers (folder) select folder from assets where id = :id on conflict (folder) do update set since = now())
update assets set state = 'cancelled', held = false, error = 'The processing was cancelled.', finished_at = now() where id = :id
-- name: job_again
with a as (delete from tasks where asset_id = :id), b as (delete from tracks where asset_id = :id),
     c as (delete from segments where asset_id = :id), d as (delete from renditions where asset_id = :id),
     e as (insert into leftovers (folder) select folder from assets where id = :id on conflict (folder) do update set since = now())
update assets set state = 'pending', held = false, error = '', progress = 0, playable = false, poster = false,
    folder = :folder, audio_segments = 0, created_at = now(), started_at = null, finished_at = null where id = :id
-- What the films in work may still write; of one that is watched already, the files of its rungs.
-- name: room_promised
select ((select coalesce(sum(greatest(0, a.reserved_bytes - coalesce(
             (select sum(s.bytes) from segments s where s.asset_id = a.id), 0))), 0)
         from assets a where a.state = 'processing' and a.id <> :asset)
        + (select coalesce(sum(s.bytes), 0)
           from tasks t join assets a on a.id = t.asset_id and a.state = 'ready'
           join segments s on s.asset_id = t.asset_id and s.rung = t.make
           where t.kind = 'file' and t.state <> 'done' and t.asset_id <> :asset))::bigint as bytes
-- One at a time, or two would promise themselves the same bytes.
-- name: room_lock
select pg_advisory_xact_lock(hashtext('zoe transcode room'))
-- name: asset_waits
update assets set error = :error where id = :asset and error <> :error and state in ('pending', 'processing') returning id
-- name: asset_goes_on
update assets set error = '' where id = :asset and error <> '' and state in ('pending', 'processing')
-- name: asset_of_title
select id from assets where title_id = :title_id and state in ('processing', 'ready') and film is not null
order by (state = 'ready') desc, id desc limit 1
-- name: track_number
select coalesce(max(number), -1) + 1 as number from tracks where asset_id = :asset and kind = :kind
-- name: tracks_sent
select number from tracks where asset_id = :asset and kind = 'text' and stream < 0 and language = :tag
