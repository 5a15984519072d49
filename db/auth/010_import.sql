-- Accounts that were brought along with hashes of other systems, until their first login.
create index accounts_foreign on accounts (id) where password not like '$2%';
