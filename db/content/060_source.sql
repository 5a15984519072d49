-- A front end that plays only what is hosted here lists only that, however few of very many titles it is.
create index titles_source on titles (source, created_at desc, id desc) where parent_id is null;
