create table gone_accounts (
    account_id bigint primary key,
    at timestamptz not null default now()
);
