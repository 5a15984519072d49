-- Partial uploads (tus concatenation): each is sent on its own, and a final upload takes the bytes of several.
alter table uploads
    alter column title_id drop not null,
    add column concat text,                  -- 'partial', or 'final;...' as the client put it
    add column final text references uploads, -- the upload that takes the bytes of this one
    add column place integer;                -- among its parts
create index uploads_final on uploads (final) where final is not null;

-- Spent: nobody may use it any more, and what it left in the store is still to be removed.
alter table uploads drop constraint uploads_state_check;
alter table uploads add constraint uploads_state_check check (state in ('open', 'finished', 'spent', 'gone'));
create index uploads_spent on uploads (created_at) where state = 'spent';
