-- name: title_add
insert into titles (title, kind, description, category, categories, source, youtube_id, source_url, trailer_url, year,
    language, rating, age_rating, runtime, genres, tags, keywords, alternative_titles, visibility, visible_from,
    visible_until, external_id, plan_id, poster_picture, banner_picture, thumbnail_picture)
values (:title, coalesce(:kind, 'movie'), coalesce(:description, ''),
    coalesce((categories_of(:category, :categories::text[]))[1], ''), categories_of(:category, :categories::text[]),
    coalesce(:source, 'hosted'), :youtube_id, :source_url, :trailer_url, :year, :language, :rating, :age_rating,
    :duration, coalesce(:genres::text[], '{}'), coalesce(:tags::text[], '{}'), coalesce(:keywords::text[], '{}'),
    coalesce(:alternative_titles::text[], '{}'), coalesce(:visibility, 'active'), at_ms(:visible_from),
    at_ms(:visible_until), :external_id, nullif(:plan_id::bigint, 0), nullif(:poster, ''), nullif(:banner, ''),
    nullif(:thumbnail, ''))
returning id, revision
-- name: title_show
select * from shown where id = :id
-- name: titles_show
select shown.*, coalesce(series.visible, true) as series_visible
from shown left join shown series on series.id = shown.parent_id where shown.id = any(:ids::bigint[])
-- An episode is hidden with its series.
-- name: titles_pick
select shown.* from shown left join shown series on series.id = shown.parent_id
where shown.id = any(:ids::bigint[]) and shown.visible and coalesce(series.visible, true)
-- Every list, every filter, every order. What does not apply falls away when it is planned, so that the index of the
-- order or of a rare filter is used. Few that are all far down (documentaries, by popularity) would be looked for in vain
-- among very many others, which the planner cannot know: an order that no index has makes it gather them first.
-- name: title_list anew
select * from listed(:all, :kind, :category, :genre, :state, :language, :year_from, :year_to, :person, :plan)
where (:playable::boolean is not true or source <> 'hosted' or renditions <> '[]'::jsonb)
  and (:source::text is null or source = :source) and (:without::text is null or kind <> :without) and case :sort
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
order by case when :few then 0 * id end, case when :sort = 'newest' then made_at end desc, case when :sort = '-newest' then made_at end,
    case when :sort = 'title' then sort_title end, case when :sort = '-title' then sort_title end desc,
    case when :sort = 'year' then sort_year end, case when :sort = '-year' then sort_year end desc,
    case when :sort = 'rating' then sort_rating end, case when :sort = '-rating' then sort_rating end desc,
    case when :sort = 'popularity' then popularity end, case when :sort = '-popularity' then popularity end desc,
    case when :sort in ('title', 'year', 'rating', 'popularity', '-newest') then id end, id desc
limit :rows
-- How many titles the rarer of the two had when they were counted last.
-- name: labels_rarest
select min(titles) as titles from labels
where kind = 'genre' and name = :genre or kind = 'category' and name = :category
-- The genres that are meant, null for any, and how many titles were shown of them and of all when they were counted last.
-- name: numbered_kept
select case when :genre <> '' then coalesce(array_agg(name), '{}') end as genres, count(*) as labels,
       coalesce(sum(titles), 0)::bigint as of_genre,
       (select titles from labels where kind = 'all' and name = '') as of_all
from labels where kind = 'genre' and :genre <> '' and strpos(lower(name), lower(:genre)) > 0
-- name: numbered_count anew
select count(*) as total from titles
where parent_id is null and visibility = 'active' and (visible_from is null or visible_from <= now())
  and (visible_until is null or visible_until > now()) and (:genres::text[] is null or genres && :genres)
-- name: numbered anew
select * from listed(false, null, null, null, null, null, null, null, null, null)
where :genres::text[] is null or genres && :genres
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
select title, version, kind, parent_id, asset_id, sequence, duration, poster, state, playable, source, youtube_id, source_url,
       poster_picture, banner_picture, thumbnail_picture, ms(visible_from) as visible_from, ms(visible_until) as visible_until,
       exists (select from titles below where below.parent_id = titles.id) as has_episodes
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
    poster_picture = case when :poster::text is null then poster_picture else nullif(:poster, '') end,
    banner_picture = case when :banner::text is null then banner_picture else nullif(:banner, '') end,
    thumbnail_picture = case when :thumbnail::text is null then thumbnail_picture else nullif(:thumbnail, '') end,
    season = case when kind = 'episode' then coalesce(:season::integer, season) end,
    episode = case when kind = 'episode' then coalesce(:episode::integer, episode) end,
    version = version + 1, revision = revision + 1, updated_at = now()
where id = :id
-- name: title_picture
update titles set
    poster_picture = case when :which = 'poster' then :picture else poster_picture end,
    banner_picture = case when :which = 'banner' then :picture else banner_picture end,
    thumbnail_picture = case when :which = 'thumbnail' then :picture else thumbnail_picture end,
    version = version + 1, revision = revision + 1, updated_at = now()
where id = :id
-- name: titles_change
update titles set kind = case when kind = 'episode' or kind = 'series' and exists (select from titles below where below.parent_id = titles.id)
                              then kind else coalesce(:kind, kind) end,
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
where id = any(:ids::bigint[])
returning id, coalesce(kind <> :kind, false) as odd_kind, coalesce(visible_from >= visible_until, false) as never
-- Episodes go with their series, and what was like it looks for others.
-- name: titles_delete
with gone as (
    delete from titles where id = any(:ids::bigint[]) or parent_id = any(:ids::bigint[])
    returning id, parent_id, revision, poster_picture, banner_picture, thumbnail_picture
), lonely as (
    update traits set stale = true
    where title_id in (select unnest(other_ids) from neighbours where title_id in (select id from gone))
      and title_id not in (select id from gone)
), counted as (select nextval('changes') from gone limit 1)
select id, parent_id, revision + 1 as revision, id = any(:ids::bigint[]) as asked, (select count(*) from counted) as counted,
       poster_picture, banner_picture, thumbnail_picture
from gone order by id
-- name: title_cards
select id as title_id, title, coalesce(duration, runtime) as duration, revision,
       poster_of(id, poster_picture, poster) as poster_url, kind, parent_id, season, episode,
       visibility = 'hidden' as hidden, ms(visible_from) as visible_from, ms(visible_until) as visible_until, genres,
       array(select keyword from unnest(keywords || tags) keyword where octet_length(keyword) <= 100 limit 60) as keywords,
       array(select name from credits join persons on persons.id = person_id where title_id = titles.id
             and credits.kind = 'crew' and job in ('Director', 'Creator') and octet_length(name) <= 100
             order by place limit 10) as directors,
       array(select name from credits join persons on persons.id = person_id where title_id = titles.id
             and credits.kind = 'cast' and octet_length(name) <= 100 order by place limit 10) as cast,
       year, description as text
from titles where id = any(:ids::bigint[]) order by id
-- A rung or a poster that is there once does not vanish from the same film; a newer film begins from nothing.
-- name: title_processed
update titles set
    asset_id = :asset_id, sequence = :sequence, asset = :asset, state = :state, progress = :progress,
    error = coalesce(:error, ''), playable = :playable, fragments = coalesce(:fragments, false),
    duration = coalesce(:duration, case when asset_id = :asset_id then duration end),
    poster = coalesce(:poster, false) or (poster and asset_id = :asset_id),
    renditions = case when asset_id = :asset_id and :renditions = '[]'::jsonb then renditions else :renditions end,
    revision = revision + 1, updated_at = now()
where id = :title_id
-- An episode is hidden with its series.
-- name: title_playable
select titles.id, titles.asset, titles.state, titles.playable, titles.poster, titles.poster_picture as picture, titles.fragments, titles.source,
       titles.youtube_id, titles.source_url,
       array(select rtrim(rung ->> 'name', 'p')::bigint from jsonb_array_elements(titles.renditions) rung
             where rung ->> 'name' ~ '^[0-9]{2,6}p$') as rungs,
       coalesce(titles.plan_id, series.plan_id) as plan_id,
       not shown.visible or not coalesce(series.visible, true) as hidden
from titles join shown using (id) left join shown series on series.id = titles.parent_id
where titles.id = :id
-- What hangs on the text of titles: search, words for typing errors, names of labels, traits. Rows are written in order,
-- so that two who write the same ones wait for each other instead of both.
-- A series is found by its episodes too.
-- name: search_refresh
insert into search (title_id, name, others, kind, genres, facets, brevity, popularity, hidden, visible_from, visible_until,
                    names, words)
select id, fold(title), array(select fold(other) from unnest(alternative_titles) other), kind, genres,
       facets_of(kind, year, genres), 1.0 / (1 + length(names)), popularity, visibility = 'hidden', visible_from,
       visible_until, names,
       setweight(names, 'A') || setweight(to_tsvector('simple', coalesce(people, '')), 'B')
           || setweight(to_tsvector('simple', labels) || to_tsvector('english', labels), 'C')
           || setweight(to_tsvector('simple', coalesce(episodes, '')), 'C')
           || setweight(to_tsvector('english', fold(description)), 'D')
from titles
cross join lateral (select to_tsvector('simple', concat_ws(' ', name_words(title),
    (select string_agg(name_words(other), ' ') from unnest(alternative_titles) other))) as names) named
cross join lateral (select fold(concat_ws(' ', array_to_string(genres, ' '), array_to_string(categories, ' '),
    array_to_string(tags, ' '), array_to_string(keywords, ' '))) as labels) labelled
cross join lateral (select string_agg(sort_name, ' ') as people from credits join persons on persons.id = person_id
    where title_id = titles.id and (credits.kind = 'cast' and place < 20 or job in ('Director', 'Creator', 'Writer',
        'Screenplay', 'Story', 'Novel', 'Author', 'Producer', 'Original Music Composer', 'Director of Photography'))) peopled
cross join lateral (select string_agg(sort_title, ' ') as episodes from (
    select sort_title from titles below where titles.kind = 'series' and below.parent_id = titles.id and below.visibility = 'active'
    order by season, episode limit 500) below) parted
where parent_id is null and id in (
    select unnest(:ids::bigint[]) union select parent_id from titles child where child.id = any(:ids::bigint[]))
order by id
on conflict (title_id) do update set name = excluded.name, others = excluded.others, kind = excluded.kind,
    genres = excluded.genres, facets = excluded.facets, brevity = excluded.brevity, popularity = excluded.popularity,
    hidden = excluded.hidden, visible_from = excluded.visible_from, visible_until = excluded.visible_until,
    names = excluded.names, words = excluded.words
where (search.name, search.others, search.kind, search.facets, search.popularity, search.hidden, search.visible_from,
       search.visible_until, search.names, search.words)
    is distinct from (excluded.name, excluded.others, excluded.kind, excluded.facets, excluded.popularity,
       excluded.hidden, excluded.visible_from, excluded.visible_until, excluded.names, excluded.words)
-- The first 3000 by popularity; who has been one of them stays as long as it is one of the first 4000. Some at a time.
-- name: search_popular
with first as (
    select title_id, row_number() over (order by popularity desc, title_id desc) as place
    from (select title_id, popularity from search order by popularity desc, title_id desc limit 4000) most
), turned as (
    select title_id from search
    where (popular and title_id not in (select title_id from first))
       or (not popular and title_id in (select title_id from first where place <= 3000)) limit :rows
)
update search set popular = not popular where title_id in (select title_id from turned) returning title_id
-- name: lexicon_learn
insert into lexicon (word)
select distinct said.word from search, unnest(tsvector_to_array(ts_filter(words, '{a,b,c}'))) said (word)
where title_id in (select unnest(:ids::bigint[]) union select parent_id from titles child where child.id = any(:ids::bigint[]))
  and length(said.word) between 3 and 30
  and not exists (select from lexicon known where known.word = said.word)
order by said.word
on conflict do nothing
-- name: changes_note
select nextval('changes')
-- name: labels_learn
insert into labels (kind, name)
select distinct had.kind, had.name from titles cross join lateral (
    select 'genre', unnest(genres) union select 'category', unnest(categories)
    union select 'tag', unnest(tags) union select 'keyword', unnest(keywords)) had (kind, name)
where titles.id = any(:ids::bigint[])
order by had.kind, had.name
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
order by id
on conflict (title_id) do update set traits = excluded.traits, stale = true where traits.traits <> excluded.traits
-- name: labels_changed
select case when is_called then last_value else 0 end as changes from changes
-- name: labels_count
with now_had as (
    select had.kind, had.name, count(*) as titles from shown cross join lateral (
        select 'genre', unnest(genres) union select 'category', unnest(categories)) had (kind, name)
    where parent_id is null and visible group by had.kind, had.name
    union all select 'all', '', count(*) from shown where parent_id is null and visible
)
update labels set titles = coalesce(now_had.titles, 0)
from labels before left join now_had using (kind, name)
where before.kind in ('genre', 'category', 'all') and labels.kind = before.kind and labels.name = before.name
  and labels.titles <> coalesce(now_had.titles, 0)
-- name: labels_list
select name, titles from labels where kind = :kind and titles > 0 order by titles desc, name limit 500
-- What somebody's words mean: folded as titles are, and as the texts of tsqueries over names and over everything.
-- name: search_asked
select left(fold(:q), 200) as folded, asked(:q, false) as names, coalesce(asked(:q, true), asked(:q, false)) as words
-- For each word those that contain it (a folded one has no sign that `like` knows), which help only when they are there
-- for every word that no title has; and for each of these, those nearest to it. Two letters that changed places are one
-- error. `materialized` keeps the planner with the index, though not all are taken.
-- name: search_near
with parts as materialized (
    select word, place, length(word) between 3 and 30
           and (select count(*) from lexicon where lexicon.word = said.word) = 0 as strange
    from regexp_split_to_table(fold(left(:q, 200)), ' ') with ordinality said (word, place)
    where word <> '' order by place limit 10
), lost as materialized (
    select exists (select from parts where strange
                   and not exists (select from lexicon where lexicon.word like '%' || parts.word || '%')) as lost
)
select word, near.near, inside.inside, strange, to_tsvector('english', word) = ''::tsvector as hollow
from parts
left join lateral (
    select array_agg(word order by length(word), word) as inside from (
        with all_of_them as materialized (
            select lexicon.word from lexicon
            where length(parts.word) >= 3 and not (select lost from lost) and lexicon.word like '%' || parts.word || '%'
        )
        select word from (select word from all_of_them limit 500) some_of_them order by length(word), word limit 40) shortest
) inside on true
left join lateral (
    select array_agg(candidate order by distance, similarity(candidate, parts.word) desc, candidate) as near from (
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
-- name: search_find
with named as materialized (
    select * from sought_in_names(coalesce(:names, :words), :folded, :kind, :genre)
), found as materialized (
    select * from sought_in_words(:words, :kind, :genre)
), hits as materialized (
    select title_id, facets, case when name = :folded then 8 when :folded = any(others) then 6 else 0 end
           + case when starts_with(name, :folded) then 2 else 0 end + coalesce(2 + 2 * near.brevity, 0)
           + least(ln(1 + popularity) / 8, 1) as score
    from (select * from found union all select title_id, name, others, facets, popularity from named
          where title_id not in (select title_id from found)) whole
    left join (select title_id, brevity from named) near using (title_id)
), wanted as (
    select title_id, score from hits order by score desc, title_id limit 300
), ranked as (
    select title_id, round((score + ts_rank('{0.02, 0.3, 0.6, 1}', words, to_tsquery('simple', :words)))::numeric, 5)::float8 as score
    from wanted join search using (title_id)
)
select 'title' as what, '' as facet, '' as value, (select count(*) from wanted) as listed, title_id as id, score,
       (select count(*) from hits) as number
from (select * from ranked where (score, -title_id) < (:key_real::float8, -(:key_id::bigint))
      order by score desc, title_id limit :rows) page
union all
select 'facet', facet, value, 0, 0, 0, sum(number)
from (select facets::jsonb as facets, count(*) as number from hits where :facets group by hits.facets) alike
cross join lateral (
    select 'kind' as facet, facets ->> 0 as value union all select 'decade', facets ->> 1 where facets ->> 1 is not null
    union all select 'genre', jsonb_array_elements_text(facets -> 2)) had
group by facet, value
order by 1 desc, score desc, id
-- name: suggest anew
with named as (
    (select title_id, name, popularity from findable(null, null)
     where :names::text is not null and length(:folded) > 2 and names @@ to_tsquery('simple', :names) and popular)
    union all
    (select title_id, name, popularity from findable(null, null)
     where :names::text is not null and length(:folded) > 2 and (names @@ to_tsquery('simple', :names) or name = :folded)
       and not popular limit 1000)
    union all
    (select title_id, name, popularity from findable(null, null)
     where length(:folded) = 1 and left(name, 1) = :folded order by popularity desc limit :limit)
    union all
    (select title_id, name, popularity from findable(null, null)
     where length(:folded) = 2 and left(name, 2) = :folded order by popularity desc limit :limit)
), best as (
    select 'title' as type, title_id as id, case when name = :folded then 4 when starts_with(name, :folded) then 2 else 0 end
           + least(ln(1 + popularity) / 4, 3) as score
    from named order by score desc, title_id limit :limit
), people as (
    select 'person' as type, id, case when starts_with(sort_name, :folded) then 1.5 else 0 end
           + least(ln(1 + (select count(*) from credits where person_id = id)) / 2, 2.5) as score
    from (select id, sort_name from persons where :names::text is not null and length(:folded) > 2
            and to_tsvector('simple', sort_name) @@ to_tsquery('simple', :names) limit 200) some_people
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
select shown.kind, shown.version, shown.visible and coalesce(series.visible, true) as visible
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
update titles set version = version + 1, revision = revision + 1, updated_at = now() where id = :title_id returning version
-- name: season_make
insert into seasons (title_id, number) select id, :season from titles where id = :parent_id and kind = 'series'
on conflict (title_id, number) do update set number = excluded.number returning number
-- name: episode_add
insert into titles (title, kind, description, parent_id, season, episode, source, youtube_id, source_url, runtime,
    visibility, visible_from, visible_until, external_id, plan_id, poster_picture, banner_picture, thumbnail_picture)
values (:title, 'episode', coalesce(:description, ''), :parent_id, :season, :episode, coalesce(:source, 'hosted'),
    :youtube_id, :source_url, :duration, coalesce(:visibility, 'active'), at_ms(:visible_from), at_ms(:visible_until),
    :external_id, nullif(:plan_id::bigint, 0), nullif(:poster, ''), nullif(:banner, ''), nullif(:thumbnail, ''))
returning id
-- name: credit_list
select person_id, name, kind, job, role from credits join persons on persons.id = person_id
where title_id = :id order by kind, place limit 1000
-- name: credits_set
with gone as (delete from credits where title_id = :id),
     held as (select id from persons where id = any(:persons::bigint[]) order by id for key share)
select count(*) as missing from unnest(:persons::bigint[]) person where person not in (select id from held)
-- name: credits_add
insert into credits (title_id, kind, place, person_id, job, role)
select :id, kind, row_number() over (partition by kind order by place) - 1, person_id, coalesce(job, ''), coalesce(role, '')
from rows from (jsonb_to_recordset(:items::jsonb) as (person_id bigint, kind text, job text, role text))
    with ordinality as items (person_id, kind, job, role, place)
-- name: person_list anew
select id, name, biography, external_id, version, sort_name from persons
where (sort_name, id) > (:key_text::text, :key_id::bigint)
  and (:names::text is null or to_tsvector('simple', sort_name) @@ to_tsquery('simple', :names))
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
-- Known ones are looked up one by one: whoever plans for any list of people reads all persons instead.
-- name: import_persons
insert into persons (name, external_id)
select name, external_id from (
    select min(people.name) as name, people.external_id
    from unnest(:names::text[], :numbers::text[]) as people (name, external_id)
    where people.external_id <> '' group by people.external_id) named
where name is distinct from (select known.name from persons known where known.external_id = named.external_id)
order by external_id
on conflict (external_id) do update set name = excluded.name, version = persons.version + 1
    where persons.name <> excluded.name
-- name: import_nameless
insert into persons (name)
select distinct people.name from unnest(:names::text[], :numbers::text[]) as people (name, external_id)
where people.external_id = ''
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
        visibility, visible_from, visible_until, popularity, base_popularity, parent_id, season, episode, created_at, plan_id)
    select items.external_id, digest, t.title, coalesce(t.kind, 'movie'),
        coalesce(t.description, ''), coalesce((categories_of(t.category, t.categories))[1], ''),
        categories_of(t.category, t.categories), coalesce(t.source, 'hosted'), t.youtube_id, t.source_url, t.trailer_url,
        t.year, t.language, t.rating, t.age_rating, t.duration, coalesce(t.genres, '{}'), coalesce(t.tags, '{}'),
        coalesce(t.keywords, '{}'), coalesce(t.alternative_titles, '{}'), coalesce(t.visibility, 'active'),
        t.visible_from::timestamptz, t.visible_until::timestamptz, coalesce(t.popularity, 0),
        coalesce(t.popularity, 0), parent.id,
        case when below then t.season end, case when below then t.episode end,
        least(coalesce(t.created_at::timestamptz, now()), now()), t.plan_id
    from items cross join lateral jsonb_to_record(item) as t (title text, kind text, description text, category text,
        categories text[], source text, youtube_id text, source_url text, trailer_url text, year integer, language text,
        rating float8, age_rating text, duration float8, genres text[], tags text[], keywords text[],
        alternative_titles text[], visibility text, visible_from text, visible_until text, popularity float8, parent text,
        season integer, episode integer, created_at text, plan_id bigint)
    left join titles parent on below and parent.external_id = t.parent
    order by place
    on conflict (external_id) do update set import_digest = excluded.import_digest, title = excluded.title,
        kind = excluded.kind, description = excluded.description, category = excluded.category,
        categories = excluded.categories, source = excluded.source, youtube_id = excluded.youtube_id,
        source_url = excluded.source_url, trailer_url = excluded.trailer_url, year = excluded.year,
        language = excluded.language, rating = excluded.rating, age_rating = excluded.age_rating, runtime = excluded.runtime,
        genres = excluded.genres, tags = excluded.tags, keywords = excluded.keywords,
        alternative_titles = excluded.alternative_titles, visibility = excluded.visibility,
        visible_from = excluded.visible_from, visible_until = excluded.visible_until,
        popularity = excluded.base_popularity + greatest(titles.popularity - titles.base_popularity, 0),
        base_popularity = excluded.base_popularity, parent_id = excluded.parent_id, season = excluded.season, episode = excluded.episode,
        plan_id = coalesce(excluded.plan_id, titles.plan_id),
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
-- The persons are held meanwhile: nothing else keeps credits of those that are being deleted out.
-- name: import_credits
with said as (
    select * from unnest(:titles::bigint[], :names::text[], :numbers::text[], :kinds::text[], :jobs::text[], :roles::text[])
        with ordinality as people (title_id, name, external_id, kind, job, role, place)
), numbered as materialized (
    select number, known.id from (select distinct external_id as number from said where external_id <> '') numbers
    cross join lateral (select id from persons where persons.external_id = number for key share) known
), named as materialized (
    select wanted, known.id from (select distinct name as wanted from said where external_id = '') names
    cross join lateral (select id from persons where sort_name = left(fold(wanted), 100) and persons.name = wanted
                        order by id limit 1 for key share) known
)
insert into credits (title_id, kind, place, person_id, job, role)
select title_id, kind, row_number() over (partition by title_id, kind order by place) - 1, coalesce(numbered.id, named.id), job, role
from said left join numbered on number = external_id left join named on external_id = '' and wanted = name
-- name: import_waiting
select count(*) as waiting from outbox where message = :message and failed is null
-- Who changes one of them now is waited for, or waits: an older text does not come behind a newer one.
-- name: index_lock
select id from titles
where id in (select unnest(:ids::bigint[]) union select parent_id from titles child where child.id = any(:ids::bigint[]))
order by id for share
-- name: export_name
update titles set external_id = 'zoe:' || gen_random_uuid() where external_id is null
-- name: export_titles
select id, external_id, title, kind, description, category, source, trailer_url, year, language, rating, age_rating, genres,
       categories, tags, keywords, alternative_titles, visibility, ms(visible_from) as visible_from,
       ms(visible_until) as visible_until, base_popularity as popularity, season, episode, youtube_id, source_url, runtime as duration,
       ms(created_at) as created_at, plan_id,
       (select parent.external_id from titles parent where parent.id = titles.parent_id) as parent,
       (select coalesce(jsonb_agg(jsonb_strip_nulls(jsonb_build_object('name', name, 'external_id', persons.external_id,
            'kind', credits.kind, 'job', nullif(job, ''), 'role', nullif(role, ''))) order by credits.kind, place), '[]')
        from credits join persons on persons.id = person_id where title_id = titles.id) as credits,
       (select coalesce(jsonb_agg(jsonb_build_object('number', number, 'title', seasons.title, 'description',
            seasons.description) order by number), '[]') from seasons where title_id = titles.id) as seasons
from titles where id > coalesce(:after, 0) order by id limit :rows
-- Views come on top of what the title was said to have.
-- name: watched
with said as (
    select title_id, base_popularity + items.popularity as popularity, items.week_views
    from jsonb_to_recordset(:items::jsonb) as items (title_id bigint, popularity float8, week_views float8)
    join titles on id = title_id
), told as (
    update search set popularity = said.popularity from said
    where search.title_id = said.title_id and abs(search.popularity - said.popularity) > 0.02 * (search.popularity + 1)
)
update titles set popularity = said.popularity, week_views = said.week_views from said
where id = title_id and (titles.popularity, titles.week_views) is distinct from (said.popularity, said.week_views)
-- name: titles_external
select external_id, id, state, poster_picture is not null as pictured from titles where external_id = any(:external_ids::text[])
