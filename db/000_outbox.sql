-- Every service has these: what it must tell others, and what it was told already.
create table outbox (
    id bigint generated always as identity primary key,
    message integer not null,
    body bytea not null,
    failed text,
    created_at timestamptz not null default now()
);
create index outbox_waiting on outbox (message, id) where failed is null;
create table seen (
    edge bigint not null,
    sequence bigint not null,
    at timestamptz not null default now(),
    primary key (edge, sequence)
);
create index seen_at on seen (at);
create function ms(timestamptz) returns bigint immutable parallel safe language sql
    as $$ select (extract(epoch from $1) * 1000)::bigint $$;
