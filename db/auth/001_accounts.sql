create table accounts (
    id bigint generated always as identity primary key,
    email text not null constraint accounts_email unique,
    name text not null,
    password text not null,
    roles integer not null default 1, -- bits of enum role
    verified_at timestamptz,
    suspended_at timestamptz,
    created_at timestamptz not null default now()
);

create table sessions (
    id bigint generated always as identity primary key,
    account_id bigint not null references accounts on delete cascade,
    dialect text not null,
    device text not null default '',
    address text not null default '',
    refresh bytea not null constraint sessions_refresh unique, -- SHA-256 of the token that is good now
    created_at timestamptz not null default now(),
    seen_at timestamptz not null default now(),
    expires_at timestamptz not null,
    ended_at timestamptz
);
create index sessions_account on sessions (account_id);

-- Refresh tokens that were swapped: within the grace window they answer again, after it they end the session.
create table spent_tokens (
    hash bytea primary key,
    session_id bigint not null references sessions on delete cascade,
    spent_at timestamptz not null default now()
);
create index spent_tokens_session on spent_tokens (session_id);

-- Sessions that ended before their access tokens: what edges must refuse.
create table ends (
    id bigint generated always as identity primary key,
    session_id bigint not null,
    until timestamptz not null
);
create index ends_until on ends (until);

create table one_time_tokens (
    hash bytea primary key,
    account_id bigint not null references accounts on delete cascade,
    kind text not null,
    expires_at timestamptz not null,
    used_at timestamptz
);

create table signing_keys (
    kid text primary key,
    private_pem text not null,
    public_pem text not null,
    created_at timestamptz not null default now(),
    retired_at timestamptz
);

create table secrets (
    name text primary key,
    value bytea not null
);
