-- What search looks through. The planner takes no account of what a row's words cost that stand outside of it, and would
-- rather read through the whole table than through an index where it expects very many: not here. Of very many it takes all
-- popular ones and those of exactly this name, and of the others as many as can be looked at in a moment.
create function sought_in_names(asked text, folded text, in_kind text, in_genre text)
returns table (title_id bigint, name text, others text[], facets text, brevity real, popularity real)
stable language plpgsql set enable_seqscan = off set plan_cache_mode = force_generic_plan as $$
#variable_conflict use_column
begin
    return query
    (select title_id, name, others, facets, brevity, popularity from findable(in_kind, in_genre)
     where names @@ to_tsquery('simple', asked) and popular)
    union all
    (select title_id, name, others, facets, brevity, popularity from findable(in_kind, in_genre)
     where name = folded and not popular limit 100)
    union all
    (select title_id, name, others, facets, brevity, popularity from findable(in_kind, in_genre)
     where names @@ to_tsquery('simple', asked) and name is distinct from folded and not popular limit 500);
end
$$;

create function sought_in_words(asked text, in_kind text, in_genre text)
returns table (title_id bigint, name text, others text[], facets text, popularity real)
stable language plpgsql set enable_seqscan = off set plan_cache_mode = force_generic_plan as $$
#variable_conflict use_column
begin
    return query
    (select title_id, name, others, facets, popularity from findable(in_kind, in_genre)
     where words @@ to_tsquery('simple', asked) and popular)
    union all
    (select title_id, name, others, facets, popularity from findable(in_kind, in_genre)
     where words @@ to_tsquery('simple', asked) and not popular limit 1000);
end
$$;
