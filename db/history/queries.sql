-- In the order of the key: two batches cannot wait for each other, and the answers come in that order. No key stands twice. What is
-- older than the kept position changes nothing. A view counts after ten seconds of one sitting, once an hour.
-- name: progress_put
with asked as (
    select a.account_id, a.title_id, a.position, least(timestamptz 'epoch' + a.at * interval '1 millisecond', now()) as at,
           c.title_id is not null as known, coalesce(c.deleted, false) as gone, coalesce(h.paused, false) as paused,
           coalesce(a.position >= 0.9 * c.duration, false) as watched
    from unnest(:accounts::bigint[], :titles::bigint[], :positions::float8[], :times::bigint[])
        as a (account_id, title_id, position, at)
    left join cards c on c.title_id = a.title_id
    left join habits h on h.account_id = a.account_id
), put as (
    insert into progress as p (account_id, title_id, position, updated_at, known, watched, began_at)
    select account_id, title_id, position, at, known, watched, at from asked
    where not gone and not paused order by account_id, title_id
    on conflict (account_id, title_id) do update set
        position = case when excluded.updated_at >= p.updated_at then excluded.position else p.position end,
        updated_at = greatest(excluded.updated_at, p.updated_at),
        known = excluded.known,
        watched = p.watched or excluded.watched,
        began_at = case when excluded.updated_at <= p.updated_at + interval '30 minutes'
                        then coalesce(p.began_at, p.updated_at) else excluded.updated_at end,
        viewed_at = case when excluded.updated_at <= p.updated_at + interval '30 minutes'
                              and excluded.updated_at >= coalesce(p.began_at, p.updated_at) + interval '10 seconds'
                              and (p.viewed_at is null or p.viewed_at <= now() - interval '1 hour')
                         then now() else p.viewed_at end
    returning account_id, title_id, position, updated_at, watched, viewed_at
), seen as (
    insert into views (account_id, title_id) select account_id, title_id from put where viewed_at = now()
)
select a.account_id, a.title_id, a.gone, a.paused, p.position, ms(p.updated_at) as updated_at, p.watched
from asked a left join put p on p.account_id = a.account_id and p.title_id = a.title_id
order by a.account_id, a.title_id
-- name: progress_page
select p.title_id, c.title, p.position, c.duration, c.poster_url, ms(p.updated_at) as updated_at, p.watched,
       c.parent_id as series_id, s.title as series, c.season, c.episode,
       (extract(epoch from p.updated_at) * 1000000)::bigint as place_us, p.title_id as place_id
from progress p join shown_cards c on c.title_id = p.title_id left join cards s on s.title_id = c.parent_id
where p.account_id = :user
  and (p.updated_at, p.title_id) < (timestamptz 'epoch' + :before_us::bigint * interval '1 microsecond', :before_id::bigint)
order by p.updated_at desc, p.title_id desc limit :rows
-- Also what is hidden by now, or gone.
-- name: progress_export
select p.title_id, coalesce(c.title, '') as title, p.position, c.duration, c.poster_url, ms(p.updated_at) as updated_at, p.watched,
       c.parent_id as series_id, s.title as series, c.season, c.episode,
       (extract(epoch from p.updated_at) * 1000000)::bigint as place_us, p.title_id as place_id
from progress p left join cards c on c.title_id = p.title_id left join cards s on s.title_id = c.parent_id
where p.account_id = :user
  and (p.updated_at, p.title_id) < (timestamptz 'epoch' + :before_us::bigint * interval '1 microsecond', :before_id::bigint)
order by p.updated_at desc, p.title_id desc limit :rows
-- name: progress_resume
select position from progress where title_id = :title_id and account_id = :user
-- name: card_put
insert into cards as c (title_id, title, duration, poster_url, revision, deleted, kind, parent_id, season, episode, hidden,
                        visible_from, visible_until, about)
values (:title_id, coalesce(:title, ''), :duration, :poster_url, :revision, coalesce(:deleted, false), coalesce(:kind, 'movie'),
        :parent_id, :season, :episode, coalesce(:hidden, false),
        timestamptz 'epoch' + :visible_from::bigint * interval '1 millisecond',
        timestamptz 'epoch' + :visible_until::bigint * interval '1 millisecond', :about)
on conflict (title_id) do update set title = excluded.title, duration = excluded.duration, poster_url = excluded.poster_url,
    revision = excluded.revision, deleted = excluded.deleted, kind = excluded.kind, parent_id = excluded.parent_id,
    season = excluded.season, episode = excluded.episode, hidden = excluded.hidden, visible_from = excluded.visible_from,
    visible_until = excluded.visible_until, about = excluded.about, learnt_at = now()
where c.revision < excluded.revision
-- name: title_forget
with a as (delete from progress where title_id = :title_id), b as (delete from marks where title_id = :title_id),
     c as (delete from views where title_id = :title_id)
delete from popularity where title_id = :title_id
-- Positions that were under way while their title was deleted.
-- name: progress_sweep_deleted
delete from progress p using cards c
where c.deleted and c.learnt_at > now() - interval '1 hour' and p.title_id = c.title_id
-- Titles that never were: their cards would have come within seconds.
-- name: progress_sweep_unknown
delete from progress p
where not p.known and p.updated_at < now() - interval '1 day' and not exists (select from cards c where c.title_id = p.title_id)
-- name: account_forget
with a as (delete from progress where account_id = :account_id), b as (delete from marks where account_id = :account_id)
delete from habits where account_id = :account_id
-- name: account_gone
insert into gone_accounts (account_id) values (:account_id) on conflict do nothing
-- Positions that were under way while their account was deleted.
-- name: progress_sweep_gone
delete from progress p using gone_accounts g where g.at > now() - interval '1 day' and p.account_id = g.account_id
-- name: gone_sweep
delete from gone_accounts where at < now() - interval '30 days'
-- Of each film the place; of each series the episode that was watched last, or the one after it when it is over.
-- name: progress_continue
with mine as (
    select distinct on (coalesce(c.parent_id, c.title_id)) c.title_id, c.title, c.duration, c.poster_url, c.parent_id, c.season,
           c.episode, p.position, p.updated_at, coalesce(p.position >= 0.9 * c.duration, false) as over
    from progress p join shown_cards c on c.title_id = p.title_id
    where p.account_id = :user
    order by coalesce(c.parent_id, c.title_id), p.updated_at desc, c.title_id desc
), due as (
    select title_id, title, duration, poster_url, parent_id, season, episode, position, updated_at from mine
    where not over and position > 0
    union all
    select n.title_id, n.title, n.duration, n.poster_url, n.parent_id, n.season, n.episode,
           case when p.position < 0.9 * n.duration or n.duration is null then coalesce(p.position, 0) else 0 end, m.updated_at
    from mine m cross join lateral (
        select * from shown_cards e
        where e.parent_id = m.parent_id and (e.season, e.episode) > (m.season, m.episode)
        order by e.season, e.episode limit 1
    ) n left join progress p on p.account_id = :user and p.title_id = n.title_id
    where m.over
)
select d.title_id, d.title, d.position, d.duration, d.poster_url, ms(d.updated_at) as updated_at, d.parent_id as series_id,
       s.title as series, d.season, d.episode
from due d left join cards s on s.title_id = d.parent_id
order by d.updated_at desc, d.title_id desc limit :rows
-- The title itself; of a series the episode that was begun, the one after the last that is over, the first for a newcomer.
-- name: title_next
with one as (
    select title_id, kind from shown_cards where title_id = :title_id
), place as (
    select c.title_id, c.season, c.episode, coalesce(p.position >= 0.9 * c.duration, false) as over
    from progress p join shown_cards c on c.title_id = p.title_id
    where p.account_id = :user and c.parent_id = :title_id
    order by p.updated_at desc, c.season desc, c.episode desc limit 1
)
select n.title_id, n.title, n.duration, n.season, n.episode,
       case when p.position < 0.9 * n.duration or n.duration is null then coalesce(p.position, 0) else 0 end as position
from one left join place on true left join lateral (
    select * from shown_cards e where one.kind <> 'series' and e.title_id = one.title_id
    union all (
        select * from shown_cards e
        where one.kind = 'series' and e.parent_id = one.title_id
          and (place.title_id is null or (e.season, e.episode) > (place.season, place.episode)
               or (not place.over and e.title_id = place.title_id))
        order by place.title_id is null and e.season = 0, e.season, e.episode limit 1
    )
) n on true left join progress p on p.account_id = :user and p.title_id = n.title_id
-- name: progress_clear
delete from progress p
where p.account_id = :user and (:title_id::bigint is null or p.title_id = :title_id
    or p.title_id in (select title_id from cards where parent_id = :title_id))
-- name: habits_show
select coalesce((select paused from habits where account_id = :user), false) as paused,
       (select keep_days from habits where account_id = :user) as keep_days
-- name: habits_put
insert into habits as h (account_id, paused, keep_days) values (:user, coalesce(:paused, false), nullif(:keep_days::bigint, 0))
on conflict (account_id) do update set paused = coalesce(:paused, h.paused),
    keep_days = case when :keep_days::bigint is null then h.keep_days else nullif(:keep_days::bigint, 0) end
-- name: progress_sweep_old
delete from progress p using habits h
where h.keep_days is not null and p.account_id = h.account_id and p.updated_at < now() - h.keep_days * interval '1 day'
-- name: progress_drop_old
delete from progress where account_id = :user and updated_at < now() - :keep_days::bigint * interval '1 day'
-- One at a time for each account: two that turn round must not both see it off.
-- name: marks_lock
select pg_advisory_xact_lock(hashtextextended('zoe marks', :user::bigint))
-- name: mark_off
delete from marks where account_id = :user and list = :list and title_id = :title_id returning title_id
-- name: mark_on
insert into marks (account_id, list, title_id)
select :user::bigint, :list::text, title_id from shown_cards where title_id = :title_id
on conflict do nothing
-- name: mark_known
select (select count(*) from marks where account_id = :user and list = :list) as marks,
       exists (select from marks where account_id = :user and list = :list and title_id = :title_id) as marked,
       exists (select from shown_cards where title_id = :title_id) as known
-- name: marks_ids
select m.title_id from marks m join shown_cards c on c.title_id = m.title_id
where m.account_id = :user and m.list = :list order by m.added_at, m.title_id limit 1000
-- name: marks_page
select m.title_id, c.title, c.kind, c.duration, c.poster_url, ms(m.added_at) as added_at,
       (extract(epoch from m.added_at) * 1000000)::bigint as place_us, m.title_id as place_id
from marks m join shown_cards c on c.title_id = m.title_id
where m.account_id = :user and m.list = :list
  and (m.added_at, m.title_id) < (timestamptz 'epoch' + :before_us::bigint * interval '1 microsecond', :before_id::bigint)
order by m.added_at desc, m.title_id desc limit :rows
-- name: view_put
with put as (
    insert into progress as p (account_id, title_id, position, known, began_at, viewed_at)
    select :user::bigint, c.title_id, 0, true, now(), now() from shown_cards c
    where c.title_id = :title_id and not exists (select from habits h where h.account_id = :user and h.paused)
    on conflict (account_id, title_id) do update set viewed_at = now(), updated_at = greatest(p.updated_at, now())
    where p.viewed_at is null or p.viewed_at <= now() - interval '1 hour'
    returning account_id, title_id
), seen as (
    insert into views (account_id, title_id) select account_id, title_id from put
)
select (select count(*) from put) as counted, exists (select from shown_cards where title_id = :title_id) as known
-- name: views_sweep
delete from views where counted and at < now() - interval '8 days'
-- name: marks_all
select m.title_id, coalesce(c.title, '') as title, c.kind, c.duration, c.poster_url, ms(m.added_at) as added_at
from marks m left join cards c on c.title_id = m.title_id
where m.account_id = :user and m.list = :list order by m.added_at desc, m.title_id desc limit :rows
-- What the recommender knows. Cards that changed since, in the order in which they came; those of the last seconds come again, for a
-- change becomes visible a little after its time.
-- name: cards_changed
select title_id, revision, title, about, deleted or hidden or kind = 'episode' as away,
       (extract(epoch from learnt_at) * 1000000)::bigint as place_us
from cards
where (learnt_at, title_id) > (timestamptz 'epoch' + :after_us::bigint * interval '1 microsecond', :after_id::bigint)
order by learnt_at, title_id limit 2000
-- name: popularity_changed
select title_id, score, (extract(epoch from changed_at) * 1000000)::bigint as place_us
from popularity
where (changed_at, title_id) > (timestamptz 'epoch' + :after_us::bigint * interval '1 microsecond', :after_id::bigint)
order by changed_at, title_id limit 2000
-- Who watched what; of an episode its series.
-- name: watches_page
select p.account_id, p.title_id as place_id, coalesce(c.parent_id, c.title_id) as title_id
from progress p join cards c on c.title_id = p.title_id
where (p.account_id, p.title_id) > (:after_account::bigint, :after_title::bigint)
  and (p.viewed_at is not null or p.watched) and not c.deleted
order by p.account_id, p.title_id limit 20000
-- name: watches_mark
select coalesce(max(id), 0) as last from views
-- name: watched_by
select coalesce(c.parent_id, p.title_id) as title_id
from progress p left join cards c on c.title_id = p.title_id
where p.account_id = :user
group by 1 order by max(p.updated_at) desc, 1 desc limit 5000
-- name: picks_show
select c.title_id, c.title, c.kind, c.duration, c.poster_url, s.title_id is not null as shown
from cards c left join shown_cards s on s.title_id = c.title_id
where c.title_id = any(:titles::bigint[])
-- name: views_lead
select pg_try_advisory_xact_lock(hashtext('zoe views ' || current_schema())) as lead
-- Of an episode its series is popular.
-- name: views_count
with fresh as (
    update views set counted = true
    where id in (select id from views where not counted order by id limit 5000) returning title_id, at
)
insert into popularity as p (title_id, score)
select coalesce(c.parent_id, c.title_id), sum(2 ^ (extract(epoch from f.at - timestamptz '2026-01-01Z') / 86400 / :half_days::float8))
from fresh f join cards c on c.title_id = f.title_id and not c.deleted
group by 1 order by 1
on conflict (title_id) do update set score = p.score + excluded.score, changed_at = now()
-- What content has not heard: new views, and what an hour or a day made less.
-- name: popularity_untold
select p.title_id, p.score / 2 ^ (extract(epoch from now() - timestamptz '2026-01-01Z') / 86400 / :half_days::float8) as popularity,
       (select count(*) from views v where v.title_id = p.title_id and v.at > now() - interval '7 days')
       + (select count(*) from cards c join views v on v.title_id = c.title_id
          where c.parent_id = p.title_id and v.at > now() - interval '7 days') as week_views
from popularity p
where told_at is null or changed_at > told_at or told_at < now() - interval '1 day'
   or (told_week > 0 and told_at < now() - interval '1 hour')
order by told_at nulls first, p.title_id limit 100
-- name: popularity_told
update popularity p set told_at = now(), told_week = t.week
from unnest(:titles::bigint[], :weeks::bigint[]) as t (title_id, week) where p.title_id = t.title_id
-- What accounts did elsewhere. A time to come is none; of several rows of one key the latest counts, the others are the same as it.
-- name: past_put
with given as (
    select n, account_id, title_id, list, coalesce(position, 0) as position,
           case when at_ms <= ms(now()) then timestamptz 'epoch' + at_ms * interval '1 millisecond' end as at
    from jsonb_to_recordset(:rows::jsonb)
        as r (n integer, account_id bigint, title_id bigint, list text, position float8, at_ms bigint)
), known as (
    select g.*, c.title_id is not null as known, coalesce(c.deleted, false) as deleted,
           exists (select from gone_accounts a where a.account_id = g.account_id) as gone,
           g.list = 'watched' and coalesce(h.paused or g.at < now() - h.keep_days * interval '1 day', false) as unwanted,
           coalesce(g.position >= 0.9 * c.duration, false) as watched,
           row_number() over (partition by g.account_id, g.title_id, g.list order by g.at desc nulls last, g.n) = 1 as last
    from given g left join cards c on c.title_id = g.title_id left join habits h on h.account_id = g.account_id
), good as (
    select k.*, p.account_id is not null or m.account_id is not null as there,
           p.updated_at < k.at as newer,
           (select count(*) from marks l where l.account_id = k.account_id and l.list = k.list)
           + row_number() over (partition by k.account_id, k.list, m.account_id is null order by k.at, k.n) > :most::bigint
           and m.account_id is null and k.list <> 'watched' as full_list
    from known k
    left join progress p on k.list = 'watched' and p.account_id = k.account_id and p.title_id = k.title_id
    left join marks m on m.account_id = k.account_id and m.list = k.list and m.title_id = k.title_id
    where k.known and not k.deleted and not k.gone and not k.unwanted and k.last
), kept as (
    insert into progress as p (account_id, title_id, position, updated_at, known, watched, began_at, viewed_at)
    select account_id, title_id, position, coalesce(at, now()), true, watched, at,
           case when position >= 10 then coalesce(at, now()) end
    from good where list = 'watched' and not :dry::boolean order by account_id, title_id
    on conflict (account_id, title_id) do update set position = excluded.position, updated_at = excluded.updated_at,
        watched = p.watched or excluded.watched, began_at = excluded.began_at,
        viewed_at = coalesce(p.viewed_at, excluded.viewed_at)
    where p.updated_at < excluded.began_at
), seen as (
    insert into views (account_id, title_id, at)
    select account_id, title_id, coalesce(at, now()) from good
    where list = 'watched' and not there and position >= 10 and not :dry::boolean
), marked as (
    insert into marks (account_id, list, title_id, added_at)
    select account_id, list, title_id, coalesce(at, clock_timestamp()) from good
    where list <> 'watched' and not full_list and not :dry::boolean
    on conflict do nothing
)
select k.n, k.known, k.deleted, k.gone, k.unwanted, coalesce(g.full_list, false) as full_list,
       g.n is not null and not g.there as added, coalesce(g.newer, false) as newer
from known k left join good g on g.n = k.n order by k.n
