-- Folders that no film has any more: what a store that was away kept, and what a worker wrote that did not know yet.
create table leftovers (
    folder text primary key,
    since timestamptz not null default now()
);
