alter table letters add detail text not null default '' check (octet_length(detail) <= 500);
create index letters_account on letters (account_id);

-- Accounts that were deleted: a letter of theirs that comes late is not taken.
create table gone_accounts (
    account_id bigint primary key,
    at timestamptz not null default now()
);
