-- What history must show of a title; content tells. A deleted title leaves its row, so that an older card cannot bring it back.
create table cards (
    title_id bigint primary key,
    title text not null default '' check (octet_length(title) <= 200),
    duration float8 check (duration >= 0),
    poster_url text check (octet_length(poster_url) <= 500),
    revision bigint not null,
    deleted boolean not null default false,
    learnt_at timestamptz not null default now()
);
create index cards_deleted on cards (learnt_at) where deleted;

-- No index holds the time: a new position then changes no index at all (HOT), which is most of what happens here. A caller's list
-- sorts the caller's rows, of which there are as many as titles somebody watched.
create table progress (
    account_id bigint not null check (account_id > 0),
    title_id bigint not null check (title_id > 0),
    position float8 not null check (position between 0 and 1e7),
    updated_at timestamptz not null default now(),
    known boolean not null, -- there was a card when it was written
    primary key (account_id, title_id)
) with (fillfactor = 70);
create index progress_title on progress (title_id);
create index progress_unknown on progress (title_id) where not known;
