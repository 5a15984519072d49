-- What a film may take in the store, kept free for it from its plan on.
alter table assets add reserved_bytes bigint not null default 0;
-- A piece that could not be done, as opposed to one whose worker died or that waits for room.
alter table tasks add failures integer not null default 0;
