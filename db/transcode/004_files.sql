-- film.mp4 is in the rung's folder.
alter table renditions add file boolean not null default false;
