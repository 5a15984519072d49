-- Episodes, views, lists, habits, and what recommendations are made of.

-- An episode is a title of its own below a series. `about` is JSON of what a title is about.
alter table cards
    add kind text not null default 'movie' check (octet_length(kind) between 1 and 16),
    add parent_id bigint check (parent_id > 0),
    add season integer check (season between 0 and 10000),
    add episode integer check (episode between 0 and 100000),
    add hidden boolean not null default false,
    add visible_from timestamptz,
    add visible_until timestamptz,
    add about text check (octet_length(about) <= 131072);
create index cards_episodes on cards (parent_id, season, episode) where parent_id is not null;
create index cards_learnt on cards (learnt_at, title_id);

-- What may be shown to viewers now.
create view shown_cards as
select * from cards
where not deleted and not hidden and (visible_from is null or visible_from <= now())
  and (visible_until is null or visible_until > now());

alter table progress
    add watched boolean not null default false, -- nine tenths of it were reached once
    add began_at timestamptz,                   -- when this sitting began; a new one after half an hour of nothing
    add viewed_at timestamptz;                  -- when the last view was counted

-- One row a counted view. `counted`: it is in `popularity`.
create table views (
    id bigint generated always as identity primary key,
    account_id bigint not null,
    title_id bigint not null,
    at timestamptz not null default now(),
    counted boolean not null default false
);
create index views_fresh on views (id) where not counted;
create index views_title on views (title_id, at);
create index views_at on views (at);

-- Views, each worth twice as much as one of 60 days before: `score` is in views of the first of January 2026, so that it
-- need not change while nobody watches.
create table popularity (
    title_id bigint primary key,
    score float8 not null,
    changed_at timestamptz not null default now(),
    told_at timestamptz, -- when content heard it
    told_week bigint not null default 0
);
create index popularity_changed on popularity (changed_at, title_id);

create table marks (
    account_id bigint not null check (account_id > 0),
    list text not null check (list in ('watchlist', 'favorites')),
    title_id bigint not null check (title_id > 0),
    added_at timestamptz not null default clock_timestamp(),
    primary key (account_id, list, title_id)
);
create index marks_title on marks (title_id);

create table habits (
    account_id bigint primary key check (account_id > 0),
    paused boolean not null default false,
    keep_days integer check (keep_days between 1 and 36500)
);
