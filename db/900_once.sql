-- Answers to asks that shall take effect once (Idempotency-Key). A file for every service counts from 900: it shares the numbers of each.
create table once (
    key bytea primary key check (octet_length(key) = 16),
    body bigint not null, -- digest of what was asked
    answer bytea,         -- null only inside the transaction that makes it
    at timestamptz not null default now()
);
create index once_at on once (at);
