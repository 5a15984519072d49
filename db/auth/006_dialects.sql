-- A login name beside the address, for those who chose one; never with an @, so that it is nobody's address.
alter table accounts add username text constraint accounts_username unique
    check (octet_length(username) between 1 and 100 and position('@' in username) = 0);

-- Why a session ended: its account was suspended.
alter table ends add inactive boolean not null default false;
