-- Pictures that somebody sent, by the names that transcode gave them. They go before what is made of the film.
alter table titles
    add poster_picture text check (poster_picture ~ '^[0-9a-f]{32}$'),
    add banner_picture text check (banner_picture ~ '^[0-9a-f]{32}$'),
    add thumbnail_picture text check (thumbnail_picture ~ '^[0-9a-f]{32}$');

create function poster_of(id bigint, sent text, made boolean) returns text immutable parallel safe language sql as $$
    select case when sent is not null then '/pictures/' || sent || '-1080.jpg'
                when made then '/v1/titles/' || id || '/poster.jpg' end
$$;

-- What an import says of a title's popularity stays below what its views add.
alter table titles add base_popularity float8 not null default 0 check (base_popularity >= 0);
update titles set base_popularity = popularity where week_views = 0;

create or replace view shown as
select id, title, kind, description, category, coalesce(duration, runtime) as duration, error as processing_error,
       state as processing_state, progress as processing_progress, renditions, ms(created_at) as created_at,
       ms(updated_at) as updated_at, poster_of(id, poster_picture, poster) as poster_url,
       created_at as made_at, (extract(epoch from created_at) * 1000000)::bigint as place_us, id as place_id,
       version, source, trailer_url, year, language, rating, age_rating, genres, categories, tags, keywords,
       alternative_titles, visibility, ms(visible_from) as visible_from, ms(visible_until) as visible_until, external_id,
       popularity, week_views, parent_id, season, episode, plan_id, sort_title, coalesce(year, 0) as sort_year,
       coalesce(rating, 0) as sort_rating,
       visibility = 'active' and (visible_from is null or visible_from <= now())
           and (visible_until is null or visible_until > now()) as visible,
       '/pictures/' || banner_picture || '-1920.jpg' as banner_url,
       '/pictures/' || thumbnail_picture || '-640.jpg' as thumbnail_url
from titles;
