create table uploads (
    id text primary key,
    title_id bigint not null,
    length bigint not null check (length >= 0),
    filename text,
    owner bigint not null,
    state text not null default 'open' check (state in ('open', 'finished', 'gone')),
    created_at timestamptz not null default now()
);
create index uploads_title on uploads (title_id);

-- A film on its way from an upload to renditions.
create table assets (
    id bigint generated always as identity primary key,
    folder text not null unique, -- under assets/ in the media store
    upload_id text not null unique references uploads,
    title_id bigint not null,
    state text not null default 'pending' check (state in ('pending', 'processing', 'ready', 'error')),
    error text not null default '',
    progress real not null default 0,
    sequence bigint not null default 0, -- of the news sent about it
    film text,                          -- what the media child must be told of it
    duration_us bigint,
    frames bigint,
    fps_num integer,
    fps_den integer,
    segments integer,
    has_audio boolean not null default false,
    audio_segments integer not null default 0, -- encoded so far
    playable boolean not null default false,
    poster boolean not null default false,
    created_at timestamptz not null default now(),
    started_at timestamptz,
    finished_at timestamptz
);
create index assets_title on assets (title_id);

create table renditions (
    asset_id bigint not null references assets on delete cascade,
    rung integer not null, -- place in the ladder, highest first
    name text not null,
    width integer not null,
    height integer not null,
    crf integer not null,
    maxrate bigint not null,
    bufsize bigint not null,
    profile integer not null default 0, -- three bytes behind avc1. in CODECS
    primary key (asset_id, rung)
);

-- The unit of work. A claim is a lease: whoever holds it renews it, and when it runs out anybody may take it.
create table tasks (
    id bigint generated always as identity primary key,
    asset_id bigint not null references assets on delete cascade,
    kind text not null check (kind in ('probe', 'audio', 'chunk', 'poster', 'finish')),
    rank integer not null, -- smaller first: what makes a film playable comes before what completes another
    first integer not null default 0,
    count integer not null default 0,
    make integer not null default 0, -- bit mask of rungs
    state text not null default 'waiting' check (state in ('waiting', 'running', 'done')),
    worker text,
    attempt integer not null default 0,
    lease_until timestamptz,
    not_before timestamptz not null default now(),
    began_at timestamptz,
    ended_at timestamptz
);
create index tasks_open on tasks (rank, id) where state <> 'done';
create index tasks_asset on tasks (asset_id);

create table segments (
    asset_id bigint not null references assets on delete cascade,
    rung integer not null,
    number integer not null,
    bytes integer not null,
    duration_us bigint not null,
    primary key (asset_id, rung, number)
);
