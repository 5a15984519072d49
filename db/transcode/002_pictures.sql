-- Still pictures in the store. Whoever made one tells its owner, who says that it stays; one that nobody keeps goes. Sweeps are counted
-- and not hours: time in which nobody could say so does not count.
create table pictures (
    name text primary key check (name ~ '^[0-9a-f]{32}$'),
    kept boolean not null default false,
    sweeps integer not null default 0,
    made_at timestamptz not null default now()
);
create index pictures_unkept on pictures (made_at) where not kept;
