-- name: title_add
insert into titles (title, kind, description, category, categories, source, youtube_id, source_url, trailer_url, year,
    language, rating, age_rating, runtime, genres, tags, keywords, alternative_titles, visibility, visible_from,
    visible_until, external_id, plan_id)
values (:title, coalesce(:kind, 'movie'), coalesce(:description, ''),
    coalesce((categories_of(:category, :categories::text[]))[1], ''), categories_of(:category, :categories::text[]),
    coalesce(:source, 'hosted'), :youtube_id, :source_url, :trailer_url, :year, :language, :rating, :age_rating,
    :duration, coalesce(:genres::text[], '{}'), coalesce(:tags::text[], '{}'), coalesce(:keywords::text[], '{}'),
    coalesce(:alternative_titles::text[], '{}'), coalesce(:visibility, 'active'), at_ms(:visible_from),
    at_ms(:visible_until), :external_id, nullif(:plan_id::bigint, 0))
returning id, revision
-- name: title_show
select * from shown where id = :id
-- name: titles_show
select shown.*, coalesce(series.visible, true) as series_visible
from shown left join shown series on series.id = shown.parent_id where shown.id = any(:ids::bigint[])
-- name: titles_pick
select * from shown where id = any(:ids::bigint[]) and visible
-- Every list, every filter, every order. What does not apply falls away when it is planned, so that the index of the
-- order or of a rare filter is used.
-- name: title_list anew
select * from listed(:all, :kind, :category, :genre, :state, :language, :year_from, :year_to, :person, :plan)
where (:playable::boolean is not true or source <> 'hosted' or renditions <> '[]'::jsonb) and case :sort
    when 'newest' then (made_at, id) < (timestamptz 'epoch' + :key_us::bigint * interval '1 microsecond', :key_id::bigint)
    when '-newest' then (made_at, id) > (timestamptz 'epoch' + :key_us::bigint * interval '1 microsecond', :key_id::bigint)
    when 'title' then (sort_title, id) > (:key_text::text, :key_id::bigint)
    when '-title' then (sort_title, id) < (:key_text::text, :key_id::bigint)
    when 'year' then (sort_year, id) > (:key_real::float8, :key_id::bigint)
    when '-year' then (sort_year, id) < (:key_real::float8, :key_id::bigint)
    when 'rating' then (sort_rating, id) > (:key_real::float8, :key_id::bigint)
    when '-rating' then (sort_rating, id) < (:key_real::float8, :key_id::bigint)
    when 'popularity' then (popularity, id) > (:key_real::float8, :key_id::bigint)
    when '-popularity' then (popularity, id) < (:key_real::float8, :key_id::bigint)
end
order by case when :sort = 'newest' then made_at end desc, case when :sort = '-newest' then made_at end,
    case when :sort = 'title' then sort_title end, case when :sort = '-title' then sort_title end desc,
    case when :sort = 'year' then sort_year end, case when :sort = '-year' then sort_year end desc,
    case when :sort = 'rating' then sort_rating end, case when :sort = '-rating' then sort_rating end desc,
    case when :sort = 'popularity' then popularity end, case when :sort = '-popularity' then popularity end desc,
    case when :sort in ('title', 'year', 'rating', 'popularity', '-newest') then id end, id desc
limit :rows
-- name: numbered_count anew
select count(*) as total from titles
where parent_id is null and visibility = 'active' and (visible_from is null or visible_from <= now())
  and (visible_until is null or visible_until > now())
  and (:genre = '' or genres && array(select name from labels where kind = 'genre' and strpos(lower(name), lower(:genre)) > 0))
-- name: numbered anew
select * from listed(false, null, null, null, null, null, null, null, null, null)
where :genre = '' or genres && array(select name from labels where kind = 'genre' and strpos(lower(name), lower(:genre)) > 0)
order by case when :sort = 'title_asc' then sort_title end, case when :sort = 'title_desc' then sort_title end desc,
    case when :sort = 'year_asc' then sort_year end, case when :sort = 'year_desc' then sort_year end desc,
    case when :sort = 'rating_asc' then sort_rating end, case when :sort = 'rating_desc' then sort_rating end desc,
    case when :sort in ('title_asc', 'year_asc', 'rating_asc') then id end, id desc
limit :size offset :skip
-- The largest labels are met soon on the way down by popularity: `= any` keeps the planner from gathering all of them first.
-- name: home
with picked (row_place, row_name, row_label, id, place) as (
    select 1, 'newest', null, id, row_number() over (order by created_at desc, id desc)
    from (select id, made_at as created_at from shown where parent_id is null and visible
          order by made_at desc, id desc limit :limit) newest
    union all
    select 2, 'popular', null, id, row_number() over (order by week_views desc, id desc)
    from (select id, week_views from shown where parent_id is null and visible and week_views > 0
          order by week_views desc, id desc limit :limit) popular
    union all
    select 10 + label.place, 'category', label.name, liked.id, row_number() over (partition by label.name order by liked.popularity desc, liked.id desc)
    from (select name, row_number() over (order by titles desc, name) as place
          from labels where kind = 'category' and titles > 0 order by titles desc, name limit 6) label
    cross join lateral (select id, popularity from shown where parent_id is null and visible and label.name = any(categories)
                        order by popularity desc, id desc limit :limit) liked
    union all
    select 30 + label.place, 'genre', label.name, liked.id, row_number() over (partition by label.name order by liked.popularity desc, liked.id desc)
    from (select name, row_number() over (order by titles desc, name) as place
          from labels where kind = 'genre' and titles > 0 order by titles desc, name limit 6) label
    cross join lateral (select id, popularity from shown where parent_id is null and visible and label.name = any(genres)
                        order by popularity desc, id desc limit :limit) liked
)
select picked.row_place, picked.row_name, picked.row_label, shown.*
from picked join shown on shown.id = picked.id order by picked.row_place, picked.place
-- name: title_lock
select title, version, kind, parent_id, asset_id, sequence, duration, poster, state, playable, source, youtube_id, source_url
from titles where id = :id for update
-- name: title_change
update titles set title = coalesce(:title, title), kind = coalesce(:kind, kind),
    description = kept(:clear::text[], 'description', :description, description, ''),
    category = coalesce((categories_of(
        kept(:clear::text[], 'category', :category, case when :categories::text[] is null then category else '' end, ''),
        kept(:clear::text[], 'categories', :categories::text[], categories, '{}')))[1], ''),
    categories = categories_of(
        kept(:clear::text[], 'category', :category, case when :categories::text[] is null then category else '' end, ''),
        array_remove(kept(:clear::text[], 'categories', :categories::text[], categories, '{}'),
                     case when :category::text is not null or 'category' = any(:clear::text[]) then category end)),
    source = coalesce(:source, source), youtube_id = kept(:clear::text[], 'youtube_id', :youtube_id, youtube_id, null),
    source_url = kept(:clear::text[], 'source_url', :source_url, source_url, null),
    trailer_url = kept(:clear::text[], 'trailer_url', :trailer_url, trailer_url, null),
    year = kept(:clear::text[], 'year', :year::integer, year, null),
    language = kept(:clear::text[], 'language', :language, language, null),
    rating = kept(:clear::text[], 'rating', :rating::float8, rating, null),
    age_rating = kept(:clear::text[], 'age_rating', :age_rating, age_rating, null),
    runtime = kept(:clear::text[], 'duration', :duration::float8, runtime, null),
    genres = kept(:clear::text[], 'genres', :genres::text[], genres, '{}'),
    tags = kept(:clear::text[], 'tags', :tags::text[], tags, '{}'),
    keywords = kept(:clear::text[], 'keywords', :keywords::text[], keywords, '{}'),
    alternative_titles = kept(:clear::text[], 'alternative_titles', :alternative_titles::text[], alternative_titles, '{}'),
    visibility = coalesce(:visibility, visibility),
    visible_from = kept(:clear::text[], 'visible_from', at_ms(:visible_from), visible_from, null),
    visible_until = kept(:clear::text[], 'visible_until', at_ms(:visible_until), visible_until, null),
    external_id = kept(:clear::text[], 'external_id', :external_id, external_id, null),
    plan_id = case when :plan_id::bigint is null then plan_id else nullif(:plan_id::bigint, 0) end,
    season = case when kind = 'episode' then coalesce(:season::integer, season) end,
    episode = case when kind = 'episode' then coalesce(:episode::integer, episode) end,
    version = version + 1, revision = revision + 1, updated_at = now()
where id = :id
-- name: titles_change
update titles set kind = coalesce(case when kind <> 'episode' then :kind end, kind),
    category = case when :category::text is null and :categories::text[] is null and not 'category' = any(coalesce(:clear::text[], '{}'))
                    then category else coalesce((categories_of(:category, :categories::text[]))[1], '') end,
    categories = case when :category::text is null and :categories::text[] is null and not 'category' = any(coalesce(:clear::text[], '{}'))
                      then categories else categories_of(:category, :categories::text[]) end,
    year = kept(:clear::text[], 'year', :year::integer, year, null),
    language = kept(:clear::text[], 'language', :language, language, null),
    rating = kept(:clear::text[], 'rating', :rating::float8, rating, null),
    age_rating = kept(:clear::text[], 'age_rating', :age_rating, age_rating, null),
    genres = kept(:clear::text[], 'genres', :genres::text[], genres, '{}'),
    tags = kept(:clear::text[], 'tags', :tags::text[], tags, '{}'),
    visibility = coalesce(:visibility, visibility),
    visible_from = kept(:clear::text[], 'visible_from', at_ms(:visible_from), visible_from, null),
    visible_until = kept(:clear::text[], 'visible_until', at_ms(:visible_until), visible_until, null),
    plan_id = case when :plan_id::bigint is null then plan_id else nullif(:plan_id::bigint, 0) end,
    version = version + 1, revision = revision + 1, updated_at = now()
where id = any(:ids::bigint[]) returning id
-- Episodes go with their series, and what was like it looks for others.
-- name: titles_delete
with gone as (
    delete from titles where id = any(:ids::bigint[]) or parent_id = any(:ids::bigint[]) returning id, parent_id, revision
), lonely as (
    update traits set stale = true
    where title_id in (select unnest(other_ids) from neighbours where title_id in (select id from gone))
      and title_id not in (select id from gone)
), counted as (select nextval('changes') from gone limit 1)
select id, parent_id, revision + 1 as revision, id = any(:ids::bigint[]) as asked, (select count(*) from counted) as counted
from gone order by id
-- name: title_card
select id as title_id, title, coalesce(duration, runtime) as duration, revision,
       case when poster then '/v1/titles/' || id || '/poster.jpg' end as poster_url, kind, parent_id, season, episode,
       visibility = 'hidden' as hidden, ms(visible_from) as visible_from, ms(visible_until) as visible_until, genres,
       array(select keyword from unnest(keywords || tags) keyword where octet_length(keyword) <= 100 limit 60) as keywords,
       array(select name from credits join persons on persons.id = person_id where title_id = titles.id
             and credits.kind = 'crew' and job in ('Director', 'Creator') and octet_length(name) <= 100
             order by place limit 10) as directors,
       array(select name from credits join persons on persons.id = person_id where title_id = titles.id
             and credits.kind = 'cast' and octet_length(name) <= 100 order by place limit 10) as cast,
       year, description as text
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
-- An episode is hidden with its series.
-- name: title_playable
select titles.id, titles.asset, titles.state, titles.playable, titles.poster, titles.source, titles.youtube_id, titles.source_url,
       coalesce(titles.plan_id, series.plan_id) as plan_id,
       not shown.visible or not coalesce(series.visible, true) as hidden
from titles join shown using (id) left join shown series on series.id = titles.parent_id
where titles.id = :id
-- What hangs on the text of titles: search, words for typing errors, names of labels, traits.
-- name: search_refresh
insert into search (title_id, name, others, names, words, kind, genres, year, popularity, hidden, visible_from, visible_until)
select id, fold(title), array(select fold(other) from unnest(alternative_titles) other), names,
       setweight(names, 'A') || setweight(to_tsvector('simple', coalesce(people, '')), 'B')
           || setweight(to_tsvector('simple', labels) || to_tsvector('english', labels), 'C')
           || setweight(to_tsvector('english', fold(description)), 'D'),
       kind, genres, year, popularity, visibility = 'hidden', visible_from, visible_until
from titles
cross join lateral (select to_tsvector('simple', concat_ws(' ', name_words(title),
    (select string_agg(name_words(other), ' ') from unnest(alternative_titles) other))) as names) named
cross join lateral (select fold(concat_ws(' ', array_to_string(genres, ' '), array_to_string(categories, ' '),
    array_to_string(tags, ' '), array_to_string(keywords, ' '))) as labels) labelled
cross join lateral (select string_agg(sort_name, ' ') as people from credits join persons on persons.id = person_id
    where title_id = titles.id and (credits.kind = 'cast' and place < 20 or job in ('Director', 'Creator', 'Writer',
        'Screenplay', 'Story', 'Novel', 'Author', 'Producer', 'Original Music Composer', 'Director of Photography'))) peopled
where id = any(:ids::bigint[]) and parent_id is null
on conflict (title_id) do update set name = excluded.name, others = excluded.others, names = excluded.names,
    words = excluded.words, kind = excluded.kind, genres = excluded.genres, year = excluded.year,
    popularity = excluded.popularity, hidden = excluded.hidden, visible_from = excluded.visible_from,
    visible_until = excluded.visible_until
where (search.*) is distinct from (excluded.*)
-- name: lexicon_learn
insert into lexicon (word)
select distinct said.word from search, unnest(tsvector_to_array(ts_filter(words, '{a,b,c}'))) said (word)
where title_id = any(:ids::bigint[]) and length(said.word) between 3 and 30
  and not exists (select from lexicon known where known.word = said.word)
on conflict do nothing
-- name: labels_learn
with counted as (select nextval('changes'))
insert into labels (kind, name)
select distinct had.kind, had.name from titles cross join lateral (
    select 'genre', unnest(genres) union select 'category', unnest(categories)
    union select 'tag', unnest(tags) union select 'keyword', unnest(keywords)) had (kind, name), counted
where titles.id = any(:ids::bigint[])
on conflict do nothing
-- name: traits_refresh
insert into traits (title_id, traits)
select id, array(
    select 'd:' || person_id || ' ' || name from credits join persons on persons.id = person_id
    where title_id = titles.id and credits.kind = 'crew' and job in ('Director', 'Creator')
    union select 'c:' || person_id || ' ' || name from credits join persons on persons.id = person_id
    where title_id = titles.id and credits.kind = 'cast' and place < 5
    union select 'g:' || genre from unnest(genres) genre
    union select 'k:' || lower(keyword) from unnest(keywords || tags) keyword
    union (select 'w:' || word from unnest(tsvector_to_array(to_tsvector('english', fold(description)))) word
           where length(word) between 3 and 30 limit 80)
    order by 1)
from titles where id = any(:ids::bigint[]) and parent_id is null
on conflict (title_id) do update set traits = excluded.traits, stale = true where traits.traits <> excluded.traits
-- name: labels_changed
select last_value as changes from changes
-- name: labels_count
with now_had as (
    select had.kind, had.name, count(*) as titles from shown cross join lateral (
        select 'genre', unnest(genres) union select 'category', unnest(categories)) had (kind, name)
    where parent_id is null and visible group by had.kind, had.name
)
update labels set titles = coalesce(now_had.titles, 0)
from labels before left join now_had using (kind, name)
where before.kind in ('genre', 'category') and labels.kind = before.kind and labels.name = before.name
  and labels.titles <> coalesce(now_had.titles, 0)
-- name: labels_list
select name, titles from labels where kind = :kind and titles > 0 order by titles desc, name limit 500
-- What somebody's words mean: folded as titles are, and as the texts of tsqueries over names and over everything.
-- name: search_asked
select left(fold(:q), 200) as folded, asked(:q, false) as names, coalesce(asked(:q, true), asked(:q, false)) as words
-- For each word that no title has: those nearest to it. Two letters that changed places are one error.
-- name: search_near
with parts as materialized (
    select word, place, length(word) between 3 and 30
           and (select count(*) from lexicon where lexicon.word = said.word) = 0 as strange
    from regexp_split_to_table(fold(left(:q, 200)), ' ') with ordinality said (word, place)
    where word <> '' order by place limit 10
)
select word, near.near, to_tsvector('english', word) = ''::tsvector as hollow
from parts
left join lateral (
    select array_agg(candidate order by distance, candidate) as near from (
        (select lexicon.word as candidate, levenshtein(lexicon.word, parts.word) as distance
         from lexicon where parts.strange and lexicon.word % parts.word
         order by levenshtein(lexicon.word, parts.word), similarity(lexicon.word, parts.word) desc, lexicon.word limit 4)
        union
        (select lexicon.word, 1 from lexicon where parts.strange and lexicon.word in (
            select left(parts.word, i - 1) || substr(parts.word, i + 1, 1) || substr(parts.word, i, 1) || substr(parts.word, i + 2)
            from generate_series(1, length(parts.word) - 1) i) limit 4)
    ) best where distance <= case when length(parts.word) < 5 then 1 when length(parts.word) < 9 then 2 else 3 end
) near on true
order by place
-- name: search_find anew
with hits as materialized (
    select title_id, name, others, names, kind, genres, year, popularity from search
    where words @@ to_tsquery('simple', :words) and not hidden and (visible_from is null or visible_from <= now())
      and (visible_until is null or visible_until > now())
), wanted as (
    select title_id, popularity,
           case when name = :folded then 8 when :folded = any(others) then 6 else 0 end
           + case when starts_with(name, :folded) then 2 else 0 end
           + case when names @@ to_tsquery('simple', coalesce(:names, :words)) then 2 + 2.0 / (1 + length(names)) else 0 end
           + least(ln(1 + popularity) / 8, 1) as score
    from hits where (:kind::text is null or kind = :kind) and (:genre::text is null or genres @> array[:genre])
    order by score desc, title_id limit 500
), ranked as (
    select title_id, round((wanted.score + ts_rank('{0.02, 0.3, 0.6, 1}', words, to_tsquery('simple', :words)))::numeric, 5)::float8 as score
    from wanted join search using (title_id)
)
select 'title' as what, '' as facet, '' as value, (select count(*) from wanted) as listed, title_id as id, score,
       (select count(*) from hits where (:kind::text is null or kind = :kind) and (:genre::text is null or genres @> array[:genre])) as number
from (select * from ranked where (score, -title_id) < (:key_real::float8, -(:key_id::bigint))
      order by score desc, title_id limit :rows) page
union all
select 'facet', facet, value, 0, 0, 0, count(*) from hits cross join lateral (
    select 'kind' as facet, kind as value union all select 'genre', unnest(genres)
    union all select 'decade', (year / 10 * 10)::text where year is not null) had
where :facets group by facet, value
order by 1 desc, score desc, id
-- name: suggest anew
with named as (
    select title_id, name, popularity from search
    where :names::text is not null and length(:folded) > 2 and names @@ to_tsquery('simple', :names) and not hidden
      and (visible_from is null or visible_from <= now()) and (visible_until is null or visible_until > now())
    union
    (select title_id, name, popularity from search
     where length(:folded) = 1 and left(name, 1) = :folded and not hidden and (visible_from is null or visible_from <= now())
       and (visible_until is null or visible_until > now()) order by popularity desc limit :limit)
    union
    (select title_id, name, popularity from search
     where length(:folded) = 2 and left(name, 2) = :folded and not hidden and (visible_from is null or visible_from <= now())
       and (visible_until is null or visible_until > now()) order by popularity desc limit :limit)
), best as (
    select 'title' as type, title_id as id, case when name = :folded then 4 when starts_with(name, :folded) then 2 else 0 end
           + least(ln(1 + popularity) / 4, 3) as score
    from named order by score desc, title_id limit :limit
), people as (
    select 'person' as type, id, case when starts_with(sort_name, :folded) then 1.5 else 0 end
           + least(ln(1 + (select count(*) from credits where person_id = id)) / 2, 2.5) as score
    from (select id, sort_name from persons where :names::text is not null and length(:folded) > 2
            and words @@ to_tsquery('simple', :names) limit 200) some_people
    order by score desc, id limit :limit
), both_kinds as (select * from best union all select * from people order by score desc, type desc, id limit :limit)
select type, both_kinds.id, coalesce(titles.title, persons.name) as text, titles.year
from both_kinds left join titles on type = 'title' and titles.id = both_kinds.id
left join persons on type = 'person' and persons.id = both_kinds.id order by score desc, type desc, both_kinds.id
-- name: similar
select shown.*, score, reason from neighbours
cross join lateral unnest(other_ids, scores, reasons) with ordinality near (other_id, score, reason, place)
join shown on shown.id = near.other_id
where neighbours.title_id = :id and shown.visible order by place limit :limit
-- name: title_there
select shown.kind, shown.visible and coalesce(series.visible, true) as visible
from shown left join shown series on series.id = shown.parent_id where shown.id = :id
-- name: neighbours_lead
select pg_try_advisory_lock(hashtext('zoe neighbours')) as lead
-- name: traits_any_stale
select exists (select from traits where stale) as stale
-- name: traits_page
select title_id, traits, case when stale then md5(traits::text) end as digest
from traits where title_id > :after order by title_id limit 2000
-- name: neighbours_put
insert into neighbours (title_id, other_ids, scores, reasons)
select title_id, array(select jsonb_array_elements_text(ids)::bigint), array(select jsonb_array_elements_text(scores)::real),
       array(select jsonb_array_elements_text(reasons))
from jsonb_to_recordset(:lists::jsonb) as lists (title_id bigint, ids jsonb, scores jsonb, reasons jsonb)
where exists (select from titles where id = title_id)
on conflict (title_id) do update set other_ids = excluded.other_ids, scores = excluded.scores, reasons = excluded.reasons
-- Only what is still as it was when it was read.
-- name: traits_fresh
update traits set stale = false
from jsonb_to_recordset(:lists::jsonb) as lists (title_id bigint, digest text)
where traits.title_id = lists.title_id and md5(traits.traits::text) = digest and stale
-- name: season_list
select number, title, description from seasons
where title_id = :id and (:season::bigint is null or number = :season) order by number limit 200
-- name: episode_list
select * from shown where parent_id = :id and (:all or visible) and (:season::bigint is null or season = :season)
order by season, episode limit 1000
-- name: season_put
insert into seasons (title_id, number, title, description)
select id, :number, coalesce(:title, ''), coalesce(:description, '') from titles where id = :title_id and kind = 'series'
on conflict (title_id, number) do update set title = coalesce(:title, seasons.title),
    description = coalesce(:description, seasons.description)
returning number, title, description
-- name: season_delete
delete from seasons where title_id = :title_id and number = :number returning number
-- name: season_episodes
select id from titles where parent_id = :title_id and season = :number
-- name: title_touch
update titles set version = version + 1, revision = revision + 1, updated_at = now() where id = :title_id
-- name: season_make
insert into seasons (title_id, number) select id, :season from titles where id = :parent_id and kind = 'series'
on conflict (title_id, number) do update set number = excluded.number returning number
-- name: episode_add
insert into titles (title, kind, description, parent_id, season, episode, source, youtube_id, source_url, runtime,
    visibility, visible_from, visible_until, external_id, plan_id)
values (:title, 'episode', coalesce(:description, ''), :parent_id, :season, :episode, coalesce(:source, 'hosted'),
    :youtube_id, :source_url, :duration, coalesce(:visibility, 'active'), at_ms(:visible_from), at_ms(:visible_until),
    :external_id, nullif(:plan_id::bigint, 0))
returning id
-- name: credit_list
select person_id, name, kind, job, role from credits join persons on persons.id = person_id
where title_id = :id order by kind, place limit 1000
-- name: credits_set
with gone as (delete from credits where title_id = :id)
select count(*) as missing from unnest(:persons::bigint[]) person where person not in (select id from persons)
-- name: credits_add
insert into credits (title_id, kind, place, person_id, job, role)
select :id, kind, row_number() over (partition by kind order by place) - 1, person_id, coalesce(job, ''), coalesce(role, '')
from rows from (jsonb_to_recordset(:items::jsonb) as (person_id bigint, kind text, job text, role text))
    with ordinality as items (person_id, kind, job, role, place)
-- name: person_list anew
select id, name, biography, external_id, version, sort_name from persons
where (sort_name, id) > (:key_text::text, :key_id::bigint)
  and (:names::text is null or words @@ to_tsquery('simple', :names))
order by sort_name, id limit :rows
-- name: person
select id, name, biography, external_id, version from persons where id = :id
-- name: person_credits
select title_id, shown.title, shown.year, shown.poster_url, credits.kind, credits.job, credits.role
from credits join shown on shown.id = title_id
where person_id = :id and visible order by sort_year desc, title_id, credits.kind, place limit 1000
-- name: person_add
insert into persons (name, biography, external_id) values (:name, coalesce(:biography, ''), :external_id)
returning id, name, biography, external_id, version
-- name: person_lock
select version from persons where id = :id for update
-- name: person_change
update persons set name = coalesce(:name, name), biography = coalesce(:biography, biography),
    external_id = coalesce(:external_id, external_id), version = version + 1
where id = :id returning id, name, biography, external_id, version
-- name: person_titles
with told as (
    update titles set revision = revision + 1 where id in (select title_id from credits where person_id = :id) returning id
)
select id as title_id from told
-- name: person_delete
delete from persons where id = :id returning id
-- name: import_persons
insert into persons (name, external_id)
select min(name), external_id from jsonb_to_recordset(:items::jsonb) as items (credits jsonb)
cross join lateral jsonb_to_recordset(credits) as people (name text, external_id text)
where external_id is not null
  and not exists (select from persons known where known.external_id = people.external_id and known.name = people.name)
group by external_id
on conflict (external_id) do update set name = excluded.name, version = persons.version + 1
    where persons.name <> excluded.name
-- name: import_nameless
insert into persons (name)
select distinct people.name from jsonb_to_recordset(:items::jsonb) as items (credits jsonb)
cross join lateral jsonb_to_recordset(credits) as people (name text, external_id text)
where people.external_id is null
  and not exists (select from persons where sort_name = left(fold(people.name), 100) and persons.name = people.name)
-- Titles that are new or differ from what was imported last. A series stands before its episodes.
-- name: import_titles
with items as (
    select *, md5(item::text) as digest from (
        select item, item ->> 'external_id' as external_id, (item ->> 'kind') = 'episode' as below, place,
               max(place) over (partition by item ->> 'external_id') as last_place
        from jsonb_array_elements(:items::jsonb) with ordinality all_items (item, place)) named
    where coalesce(below, false) = :below and place = last_place
), done as (
    insert into titles (external_id, import_digest, title, kind, description, category, categories, source, youtube_id,
        source_url, trailer_url, year, language, rating, age_rating, runtime, genres, tags, keywords, alternative_titles,
        visibility, visible_from, visible_until, popularity, parent_id, season, episode)
    select items.external_id, digest, t.title, coalesce(t.kind, 'movie'),
        coalesce(t.description, ''), coalesce((categories_of(t.category, t.categories))[1], ''),
        categories_of(t.category, t.categories), coalesce(t.source, 'hosted'), t.youtube_id, t.source_url, t.trailer_url,
        t.year, t.language, t.rating, t.age_rating, t.duration, coalesce(t.genres, '{}'), coalesce(t.tags, '{}'),
        coalesce(t.keywords, '{}'), coalesce(t.alternative_titles, '{}'), coalesce(t.visibility, 'active'),
        t.visible_from::timestamptz, t.visible_until::timestamptz, coalesce(t.popularity, 0), parent.id,
        case when below then t.season end, case when below then t.episode end
    from items cross join lateral jsonb_to_record(item) as t (title text, kind text, description text, category text,
        categories text[], source text, youtube_id text, source_url text, trailer_url text, year integer, language text,
        rating float8, age_rating text, duration float8, genres text[], tags text[], keywords text[],
        alternative_titles text[], visibility text, visible_from text, visible_until text, popularity float8, parent text,
        season integer, episode integer)
    left join titles parent on below and parent.external_id = t.parent
    order by place
    on conflict (external_id) do update set import_digest = excluded.import_digest, title = excluded.title,
        kind = excluded.kind, description = excluded.description, category = excluded.category,
        categories = excluded.categories, source = excluded.source, youtube_id = excluded.youtube_id,
        source_url = excluded.source_url, trailer_url = excluded.trailer_url, year = excluded.year,
        language = excluded.language, rating = excluded.rating, age_rating = excluded.age_rating, runtime = excluded.runtime,
        genres = excluded.genres, tags = excluded.tags, keywords = excluded.keywords,
        alternative_titles = excluded.alternative_titles, visibility = excluded.visibility,
        visible_from = excluded.visible_from, visible_until = excluded.visible_until, popularity = excluded.popularity,
        parent_id = excluded.parent_id, season = excluded.season, episode = excluded.episode,
        version = titles.version + 1, revision = titles.revision + 1, updated_at = now()
    where titles.import_digest is distinct from excluded.import_digest
    returning id, external_id, xmax = 0 as added
)
select id, external_id, added from done order by id
-- name: import_seasons
insert into seasons (title_id, number, title, description)
select titles.id, season.number, coalesce(season.title, ''), coalesce(season.description, '')
from jsonb_to_recordset(:items::jsonb) as items (external_id text, seasons jsonb)
join titles using (external_id)
cross join lateral jsonb_to_recordset(seasons) as season (number integer, title text, description text)
where titles.id = any(:ids::bigint[])
on conflict (title_id, number) do update set title = excluded.title, description = excluded.description
-- name: import_episode_seasons
insert into seasons (title_id, number)
select distinct parent_id, season from titles where id = any(:ids::bigint[]) and parent_id is not null
on conflict do nothing
-- name: import_credits_clear
delete from credits where title_id = any(:ids::bigint[])
-- name: import_credits
insert into credits (title_id, kind, place, person_id, job, role)
select titles.id, people.kind, row_number() over (partition by titles.id, people.kind order by people.place) - 1,
       coalesce(known.id, named.id), coalesce(people.job, ''), coalesce(people.role, '')
from jsonb_to_recordset(:items::jsonb) as items (external_id text, credits jsonb)
join titles using (external_id)
cross join lateral rows from (jsonb_to_recordset(credits) as (name text, external_id text, kind text, job text, role text))
    with ordinality as people (name, external_id, kind, job, role, place)
left join persons known on known.external_id = people.external_id
left join lateral (select id from persons where people.external_id is null and sort_name = left(fold(people.name), 100)
                   and persons.name = people.name order by id limit 1) named on true
where titles.id = any(:ids::bigint[])
-- name: export_name
update titles set external_id = 'zoe:' || gen_random_uuid() where external_id is null
-- name: export_titles
select id, external_id, title, kind, description, category, source, trailer_url, year, language, rating, age_rating, genres,
       categories, tags, keywords, alternative_titles, visibility, ms(visible_from) as visible_from,
       ms(visible_until) as visible_until, popularity, season, episode, youtube_id, source_url, runtime as duration,
       (select parent.external_id from titles parent where parent.id = titles.parent_id) as parent,
       (select coalesce(jsonb_agg(jsonb_strip_nulls(jsonb_build_object('name', name, 'external_id', persons.external_id,
            'kind', credits.kind, 'job', nullif(job, ''), 'role', nullif(role, ''))) order by credits.kind, place), '[]')
        from credits join persons on persons.id = person_id where title_id = titles.id) as credits,
       (select coalesce(jsonb_agg(jsonb_build_object('number', number, 'title', seasons.title, 'description',
            seasons.description) order by number), '[]') from seasons where title_id = titles.id) as seasons
from titles where id > coalesce(:after, 0) order by id limit :rows
-- name: watched
with said as (
    select title_id, popularity, week_views from jsonb_to_recordset(:items::jsonb)
        as items (title_id bigint, popularity float8, week_views float8)
), told as (
    update search set popularity = said.popularity from said
    where search.title_id = said.title_id and abs(search.popularity - said.popularity) > 0.02 * (search.popularity + 1)
)
update titles set popularity = said.popularity, week_views = said.week_views from said
where id = title_id and (titles.popularity, titles.week_views) is distinct from (said.popularity, said.week_views)
