create table titles (
    id bigint generated always as identity primary key,
    title text not null check (octet_length(title) between 1 and 200),
    kind text not null default 'movie' check (kind in ('movie', 'series', 'video')),
    description text not null default '' check (octet_length(description) <= 5000),
    category text not null default '' check (octet_length(category) <= 100),
    revision bigint not null default 1, -- of the card that history keeps
    created_at timestamptz not null default now(),
    updated_at timestamptz not null default now(),
    -- What transcode told last; (asset_id, sequence) orders its news.
    asset_id bigint not null default 0,
    sequence bigint not null default -1,
    asset text check (octet_length(asset) between 1 and 64),
    state text not null default 'none' check (state in ('none', 'pending', 'processing', 'ready', 'error')),
    progress float8 not null default 0 check (progress between 0 and 1),
    error text not null default '' check (octet_length(error) <= 500),
    duration float8 check (duration >= 0),
    playable boolean not null default false,
    poster boolean not null default false,
    renditions jsonb not null default '[]' check (jsonb_typeof(renditions) = 'array')
) with (fillfactor = 80);
create index titles_recent on titles (created_at desc, id desc);
create index titles_category on titles (category, created_at desc, id desc);
create index titles_kind on titles (kind, created_at desc, id desc);
create index titles_state on titles (state, created_at desc, id desc);

-- A title as it is told to others, with its place in lists.
create view shown as
select id, title, kind, description, category, duration, error as processing_error, state as processing_state,
       progress as processing_progress, renditions, ms(created_at) as created_at, ms(updated_at) as updated_at,
       case when poster then '/v1/titles/' || id || '/poster.jpg' end as poster_url,
       created_at as made_at, (extract(epoch from created_at) * 1000000)::bigint as place_us, id as place_id
from titles;
