-- A film that a newer one replaced stays until those who watch it may be through.
alter table assets drop constraint assets_state_check;
alter table assets add check (state in ('pending', 'processing', 'ready', 'error', 'cancelled', 'replaced'));
alter table tasks drop constraint tasks_kind_check;
alter table tasks add check (kind in ('probe', 'audio', 'chunk', 'poster', 'finish', 'text', 'sheet', 'file', 'retire'));

-- What an administrator wants: the higher priority first, nothing while held.
alter table assets add priority integer not null default 0 check (priority between -100 and 100);
alter table assets add held boolean not null default false;

-- Sound and subtitles. Their segments are those of rung 100 + number and 200 + number.
create table tracks (
    asset_id bigint not null references assets on delete cascade,
    kind text not null check (kind in ('audio', 'text')),
    number integer not null check (number between 0 and 99),
    stream integer not null,              -- of the film; -1: a file of its own
    language text not null default '',    -- BCP 47, empty: unknown
    name text not null default '',
    channels integer not null default 0,
    preferred boolean not null default false,
    forced boolean not null default false,
    primary key (asset_id, kind, number)
);

-- Where the pictures lie that stand alone: "bytes@offset ...".
alter table segments add keys text not null default '';
