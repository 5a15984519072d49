-- The film's segments are fragmented MP4, and once it is ready it has a DASH manifest.
alter table titles add fragments boolean not null default false;
