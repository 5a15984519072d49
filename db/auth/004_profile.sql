-- The random part of its files' names.
alter table accounts add picture text check (picture ~ '^[0-9a-f]{32}$');
create function picture_url(text) returns text immutable strict parallel safe language sql
    as $$ select '/pictures/' || $1 || '-512.jpg' $$;

-- The address that a link of kind `address` proves.
alter table one_time_tokens add email text check (octet_length(email) between 3 and 254);
