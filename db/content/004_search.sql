-- Search stays quick in a large catalogue: its rows are narrow, and of what very many titles have, the popular ones are
-- looked at first.

-- The texts to look in stand apart from the row. PostgreSQL sees to that only for rows above 2000 bytes: the filler
-- makes every row one, and is itself compressed to nothing.
create table sought (
    title_id bigint primary key references titles on delete cascade,
    name text not null, -- folded title
    others text[] not null, -- folded alternative titles
    kind text not null,
    genres text[] not null,
    facets text not null, -- JSON: kind, decade, genres
    brevity real not null, -- 1 of a name of one word, less of longer ones
    popularity real not null,
    popular boolean not null default false, -- one of the first few thousand
    hidden boolean not null,
    visible_from timestamptz,
    visible_until timestamptz,
    names tsvector not null, -- words of both, also joined: spider, man, spiderman
    words tsvector not null, -- those (A), people (B), labels (C), description (D), names of episodes (C)
    filler text not null default repeat(' ', 2000)
) with (toast_tuple_target = 128);
alter table sought alter names set storage external, alter words set storage external, alter name set storage plain,
    alter others set storage main, alter kind set storage plain, alter genres set storage main,
    alter facets set storage plain;

create function facets_of(kind text, year integer, genres text[]) returns text immutable parallel safe language sql
    as $$ select jsonb_build_array(kind, (year / 10 * 10)::text, to_jsonb(genres))::text $$;

insert into sought (title_id, name, others, kind, genres, facets, brevity, popularity, hidden, visible_from,
                    visible_until, names, words)
select title_id, name, others, kind, genres, facets_of(kind, year, genres), 1.0 / (1 + length(names)), popularity, hidden,
       visible_from, visible_until, names, words
from search order by title_id;
drop table search;
alter table sought rename to search;
alter index sought_pkey rename to search_pkey;
-- What was written last waits unsorted, up to this many kilobytes: cheap to write, and little to read through.
create index search_words on search using gin (words) with (gin_pending_list_limit = 256);
create index search_names on search using gin (names) with (gin_pending_list_limit = 128);
create index search_words_popular on search using gin (words) with (gin_pending_list_limit = 64) where popular;
create index search_names_popular on search using gin (names) with (gin_pending_list_limit = 64) where popular;
create index search_name on search (name text_pattern_ops);
create index search_popularity on search (popularity, title_id);
create index search_first on search (left(name, 1), popularity desc);
create index search_second on search (left(name, 2), popularity desc);

-- What can be found, by anybody.
create function findable(in_kind text, in_genre text) returns setof search stable language sql as $$
    select * from search
    where not hidden and (visible_from is null or visible_from <= now()) and (visible_until is null or visible_until > now())
      and (in_kind is null or kind = in_kind) and (in_genre is null or genres @> array[in_genre])
$$;

-- A folded word as part of a tsquery's text. Long words and the last one may go on, but for one or two letters among all
-- the words (`stems`), where nearly everything begins so. With `stems` also its English stem, unless that is found anyway.
create or replace function asked_word(word text, last boolean, stems boolean) returns text immutable parallel safe
language sql as $$
    select case when more and starts_with(stem, word) or stem = word then said else '(' || said || coalesce('|''' || stem || '''', '') || ')' end
    from (select more, '''' || word || '''' || case when more then ':*' else '' end as said,
                 case when stems then (ts_lexize('english_stem', word))[1] end as stem
          from (select length(word) > 3 or last and (not stems or length(word) > 2) as more) much) parts
$$;

-- A question as the text of a tsquery: every word must be there; null when it has none. A chunk with signs in it
-- (spider-man) may also be one word. With `stems`, for the words of everything, those that English knows as empty
-- (the, of) and a last one of one or two letters are left out if others are left. In PL/pgSQL, which keeps the plan: a
-- function in SQL that is not inlined is planned at every call.
create or replace function asked(question text, stems boolean) returns text immutable parallel safe language plpgsql as $$
begin
    return (
        with chunks as (
            select place, fold(chunk) as folded, place = max(place) over () as last
            from regexp_split_to_table(left(question, 200), '[[:space:]]+') with ordinality parts (chunk, place)
            where fold(chunk) <> '' order by place limit 10
        ), parts as (
            select place, stems and (to_tsvector('english', folded) = ''::tsvector or last and folded ~ '^[[:alpha:]]{1,2}$') as hollow,
                   '(' || (select string_agg(asked_word(word, last, stems), '&') from regexp_split_to_table(folded, ' ') word)
                       || coalesce('|' || case when folded like '% %' then asked_word(replace(folded, ' ', ''), last, stems) end, '')
                       || ')' as said
            from chunks
        )
        select coalesce(string_agg(said, '&' order by place) filter (where not hollow), string_agg(said, '&' order by place))
        from parts);
end
$$;
