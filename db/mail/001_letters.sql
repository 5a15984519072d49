-- The outgoing queue. A letter that is being sent is due again when its lease runs out: whoever died with it loses nothing.
create table letters (
    id bigint generated always as identity primary key,
    event text not null constraint letters_event unique check (octet_length(event) between 1 and 64),
    kind text not null check (octet_length(kind) between 1 and 32),
    address text not null check (octet_length(address) between 3 and 254),
    name text not null default '' check (octet_length(name) <= 100),
    token text check (octet_length(token) <= 200), -- forgotten once the letter is sent
    account_id bigint check (account_id > 0),
    dialect text not null check (octet_length(dialect) between 1 and 32),
    state text not null default 'queued' check (state in ('queued', 'sent', 'dead')),
    attempts integer not null default 0 check (attempts >= 0),
    due_at timestamptz not null default now(),
    error text not null default '' check (octet_length(error) <= 500),
    created_at timestamptz not null default now(),
    ended_at timestamptz
);
create index letters_due on letters (due_at, id) where state = 'queued';
create index letters_state on letters (state, id);
