-- Segments of fragmented MP4 instead of transport streams; a film keeps what it was made with.
alter table assets add fragments boolean not null default false;
