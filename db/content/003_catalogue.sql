-- The whole catalogue. An episode is a title of its own below a series, so that it has its film, its poster and its
-- history as every title has.

-- Lower case, without accents, only letters and digits with single blanks between them.
create function fold(text) returns text immutable parallel safe language sql
    as $$ select btrim(regexp_replace(lower(letters.unaccent('letters.unaccent', $1)), '[^[:alnum:]]+', ' ', 'g')) $$;

alter table titles
    drop constraint titles_kind_check,
    add check (kind in ('movie', 'series', 'video', 'episode')),
    add version bigint not null default 1, -- grows with every change by a person; the title's ETag begins with it
    add source text not null default 'hosted' check (source in ('hosted', 'youtube', 'url')),
    add youtube_id text check (youtube_id ~ '^[A-Za-z0-9_-]{11}$'),
    add source_url text check (octet_length(source_url) between 8 and 2000),
    add trailer_url text check (octet_length(trailer_url) between 8 and 2000),
    add year integer check (year between 1800 and 2200),
    add language text check (octet_length(language) between 2 and 35),
    add rating float8 check (rating between 0 and 10),
    add age_rating text check (octet_length(age_rating) between 1 and 20),
    add runtime float8 check (runtime >= 0), -- seconds, as somebody said; the film's own duration is better
    add genres text[] not null default '{}',
    add categories text[] not null default '{}', -- `category`, the first of them, and all others
    add tags text[] not null default '{}',
    add keywords text[] not null default '{}',
    add alternative_titles text[] not null default '{}',
    add visibility text not null default 'active' check (visibility in ('active', 'hidden')),
    add visible_from timestamptz,
    add visible_until timestamptz,
    add external_id text unique check (octet_length(external_id) between 1 and 100),
    add import_digest text, -- of what was imported last: the same again changes nothing
    add popularity float8 not null default 0 check (popularity >= 0),
    add week_views float8 not null default 0 check (week_views >= 0),
    add parent_id bigint references titles on delete cascade,
    add season integer check (season between 0 and 10000),
    add episode integer check (episode between 0 and 100000),
    add check ((kind = 'episode') = (parent_id is not null and season is not null and episode is not null)),
    add sort_title text generated always as (left(fold(title), 100)) stored;
update titles set categories = array[category] where category <> '';

-- A list shows what stands by itself. A partial index for each order; rare values of the filters have their own.
drop index titles_recent, titles_category, titles_kind, titles_state;
create index titles_recent on titles (created_at desc, id desc) where parent_id is null;
create index titles_by_title on titles (sort_title, id) where parent_id is null;
create index titles_by_year on titles ((coalesce(year, 0)), id) where parent_id is null;
create index titles_by_rating on titles ((coalesce(rating, 0)), id) where parent_id is null;
create index titles_by_popularity on titles (popularity, id) where parent_id is null;
create index titles_by_week on titles (week_views desc, id desc) where parent_id is null and week_views > 0;
create index titles_kind on titles (kind, created_at desc, id desc) where parent_id is null;
create index titles_state on titles (state, created_at desc, id desc) where parent_id is null;
create index titles_genres on titles using gin (genres) with (fastupdate = off) where parent_id is null;
create index titles_categories on titles using gin (categories) with (fastupdate = off) where parent_id is null;
create unique index titles_episodes on titles (parent_id, season, episode) where parent_id is not null;

create table seasons (
    title_id bigint not null references titles on delete cascade,
    number integer not null check (number between 0 and 10000),
    title text not null default '' check (octet_length(title) <= 200),
    description text not null default '' check (octet_length(description) <= 5000),
    primary key (title_id, number)
);

create table persons (
    id bigint generated always as identity primary key,
    name text not null check (octet_length(name) between 1 and 200),
    biography text not null default '' check (octet_length(biography) <= 5000),
    external_id text unique check (octet_length(external_id) between 1 and 100),
    version bigint not null default 1,
    created_at timestamptz not null default now(),
    sort_name text generated always as (left(fold(name), 100)) stored,
    words tsvector generated always as (to_tsvector('simple', fold(name))) stored
);
create index persons_name on persons (sort_name text_pattern_ops, id);
create index persons_words on persons using gin (words) with (gin_pending_list_limit = 128);

create table credits (
    title_id bigint not null references titles on delete cascade,
    kind text not null check (kind in ('cast', 'crew')),
    place integer not null check (place >= 0),
    person_id bigint not null references persons on delete cascade,
    job text not null default '' check (octet_length(job) <= 100), -- Director; empty for the cast
    role text not null default '' check (octet_length(role) <= 500), -- whom the cast plays
    primary key (title_id, kind, place)
);
create index credits_person on credits (person_id, title_id);

-- Names of genres and of the other kinds of labels, as far as any title ever had them.
create table labels (
    kind text not null check (kind in ('genre', 'category', 'tag', 'keyword')),
    name text not null,
    titles bigint not null default 0, -- shown ones that have it
    primary key (kind, name)
);
create index labels_most on labels (kind, titles desc, name) where titles > 0;

-- What search looks at, apart from `titles`: rows stay narrow (the words are kept outside of them) and change only
-- when a searched text does.
create table search (
    title_id bigint primary key references titles on delete cascade,
    name text not null, -- folded title
    others text[] not null, -- folded alternative titles
    names tsvector not null, -- words of both, also joined: spider, man, spiderman
    words tsvector not null, -- those (A), people (B), labels (C), description (D)
    kind text not null,
    genres text[] not null,
    year integer,
    popularity real not null,
    hidden boolean not null,
    visible_from timestamptz,
    visible_until timestamptz
) with (toast_tuple_target = 256);
alter table search alter words set storage external;
-- What was written last waits unsorted, up to this many kilobytes: cheap to write, and little to read through.
create index search_words on search using gin (words) with (gin_pending_list_limit = 256);
create index search_names on search using gin (names) with (gin_pending_list_limit = 128);
create index search_name on search (name text_pattern_ops);
create index search_first on search (left(name, 1), popularity desc);
create index search_second on search (left(name, 2), popularity desc);

-- Every word of titles, people and labels: what a mistyped word may have meant.
create table lexicon (word text primary key);
create index lexicon_near on lexicon using gin (word letters.gin_trgm_ops) with (gin_pending_list_limit = 128);

-- What a title has in common with others, as `k:heist`; `stale` until its neighbours were worked out again.
create table traits (
    title_id bigint primary key references titles on delete cascade,
    traits text[] not null,
    stale boolean not null default true
);
create index traits_stale on traits (title_id) where stale;
create table neighbours (
    title_id bigint primary key references titles on delete cascade,
    other_ids bigint[] not null,
    scores real[] not null,
    reasons text[] not null
);

-- The words of a name: its parts, the parts joined where no blank divides them (spider-man: spiderman), and each two
-- that follow each other (iron man: ironman).
create function name_words(name text) returns text immutable parallel safe language sql as $$
    select concat_ws(' ', fold(name),
        (select string_agg(replace(fold(chunk), ' ', ''), ' ') from regexp_split_to_table(left(name, 500), '[[:space:]]+') chunk
         where fold(chunk) like '% %'),
        (select string_agg(word || next, ' ')
         from (select word, lead(word) over (order by place) as next
               from regexp_split_to_table(fold(left(name, 500)), ' ') with ordinality parts (word, place)) pairs
         where next is not null))
$$;

-- A folded word as part of a tsquery's text. Long words and the last one may go on; with `stems` also its English stem.
create function asked_word(word text, last boolean, stems boolean) returns text immutable parallel safe language sql as $$
    select '(''' || word || '''' || case when last or length(word) > 3 then ':*' else '' end
        || coalesce('|''' || case when stems then (ts_lexize('english_stem', word))[1] end || '''', '') || ')'
$$;

-- A question as the text of a tsquery: every word must be there; null when it has none. A chunk with signs in it
-- (spider-man) may also be one word. With `stems`, for the words of everything, those that English knows as empty
-- (the, of) are left out if others are left.
create function asked(question text, stems boolean) returns text immutable parallel safe language sql as $$
    with chunks as (
        select place, fold(chunk) as folded, place = max(place) over () as last
        from regexp_split_to_table(left(question, 200), '[[:space:]]+') with ordinality parts (chunk, place)
        where fold(chunk) <> '' order by place limit 10
    ), parts as (
        select place, stems and to_tsvector('english', folded) = ''::tsvector as hollow,
               '(' || (select string_agg(asked_word(word, last, stems), '&') from regexp_split_to_table(folded, ' ') word)
                   || coalesce('|' || case when folded like '% %' then asked_word(replace(folded, ' ', ''), last, stems) end, '')
                   || ')' as said
        from chunks
    )
    select coalesce(string_agg(said, '&' order by place) filter (where not hollow), string_agg(said, '&' order by place))
    from parts
$$;

create function at_ms(bigint) returns timestamptz immutable parallel safe language sql
    as $$ select timestamptz 'epoch' + $1 * interval '1 millisecond' $$;

-- All categories of a title, the main one first, each once.
create function categories_of(main text, others text[]) returns text[] immutable parallel safe language sql as $$
    select array(select name from unnest(array_prepend(main, others)) with ordinality all_of_them (name, place)
                 where name <> '' group by name order by min(place))
$$;

-- Grows with every change of a title: what is counted over all of them is counted again when it has.
create sequence changes;

-- What stays of a field after a change: nothing when it is to be cleared, else the new value if there is one.
create function kept(clear text[], field text, new anycompatible, old anycompatible, empty anycompatible)
returns anycompatible immutable parallel safe language sql
    as $$ select case when field = any (clear) then empty else coalesce(new, old) end $$;

drop view shown;
-- A title as it is told to others, with its place in lists.
create view shown as
select id, title, kind, description, category, coalesce(duration, runtime) as duration, error as processing_error,
       state as processing_state, progress as processing_progress, renditions, ms(created_at) as created_at,
       ms(updated_at) as updated_at, case when poster then '/v1/titles/' || id || '/poster.jpg' end as poster_url,
       created_at as made_at, (extract(epoch from created_at) * 1000000)::bigint as place_us, id as place_id,
       version, source, trailer_url, year, language, rating, age_rating, genres, categories, tags, keywords,
       alternative_titles, visibility, ms(visible_from) as visible_from, ms(visible_until) as visible_until, external_id,
       popularity, week_views, parent_id, season, episode, plan_id, sort_title, coalesce(year, 0) as sort_year,
       coalesce(rating, 0) as sort_rating,
       visibility = 'active' and (visible_from is null or visible_from <= now())
           and (visible_until is null or visible_until > now()) as visible
from titles;

-- The filters of every list. In one place, and simple enough that the planner sees through it.
create function listed(all_of_them boolean, in_kind text, in_category text, in_genre text, in_state text,
                       in_language text, from_year bigint, to_year bigint, of_person bigint,
                       of_plan bigint)
returns setof shown stable language sql as $$
    select * from shown
    where parent_id is null and (all_of_them or visible) and (in_kind is null or kind = in_kind)
      and (in_category is null or categories @> array[in_category]) and (in_genre is null or genres @> array[in_genre])
      and (in_state is null or processing_state = in_state) and (in_language is null or language = in_language)
      and (from_year is null or sort_year >= from_year) and (to_year is null or sort_year between 1 and to_year)
      and (of_person is null or id in (select title_id from credits where person_id = of_person))
      and (of_plan is null or coalesce(plan_id, 0) = of_plan)
$$;
