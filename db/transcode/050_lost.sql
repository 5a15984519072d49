-- A piece whose worker died, or whose child was killed from outside: not its own fault, unless there is no end of it.
alter table tasks add column lost integer not null default 0;
