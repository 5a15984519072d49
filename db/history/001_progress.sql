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

-- The title comes first in the key: it finds a caller's position as well, and all rows of a title that is deleted.
create table progress (
    title_id bigint not null check (title_id > 0),
    account_id bigint not null check (account_id > 0),
    position float8 not null check (position between 0 and 1e7),
    updated_at timestamptz not null default now(),
    known boolean not null, -- there was a card when it was written
    primary key (title_id, account_id)
);
create index progress_recent on progress (account_id, updated_at desc, title_id desc);
create index progress_unknown on progress (updated_at) where not known;
