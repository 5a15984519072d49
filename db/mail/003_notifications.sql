-- What the app shows: made in the same statement as the letter, once for each event.
create table notifications (
    id bigint generated always as identity primary key,
    event text not null constraint notifications_event unique check (octet_length(event) between 1 and 64),
    account_id bigint not null check (account_id > 0),
    kind text not null check (octet_length(kind) between 1 and 32),
    title text not null check (octet_length(title) <= 200),
    text text not null check (octet_length(text) <= 1000),
    created_at timestamptz not null default now(),
    read_at timestamptz
);
create index notifications_recent on notifications (account_id, created_at desc, id desc);
create index notifications_unread on notifications (account_id) where read_at is null;

-- Ways that somebody chose; a kind without a row comes both ways.
create table preferences (
    account_id bigint not null check (account_id > 0),
    kind text not null check (octet_length(kind) between 1 and 32),
    way text not null check (way in ('mail', 'in-app', 'both', 'none')),
    primary key (account_id, kind)
);
