-- An upload into a bucket: what of it is safe, and who may add to it. Whoever takes the lease over gets a higher fence;
-- what is told with a lower one does not count any more.
alter table uploads
    add column fence bigint not null default 0,
    add column holder text,
    add column lease_until timestamptz,
    add column multipart text,                    -- the bucket's name for the upload in parts
    add column stored bigint not null default 0,  -- bytes in parts
    add column tail bigint not null default 0,    -- bytes behind them, in an object of their own
    add column tail_fence bigint not null default 0;
create table upload_parts (
    upload_id text not null references uploads on delete cascade,
    number integer not null,
    bytes bigint not null,
    etag text not null,
    primary key (upload_id, number)
);
create index uploads_open on uploads (created_at) where state = 'open';
