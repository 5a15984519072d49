-- How many titles are shown in all, counted with the labels: pages with numbers need it at every ask.
alter table labels drop constraint labels_kind_check,
    add check (kind in ('genre', 'category', 'tag', 'keyword', 'all'));
insert into labels (kind, name, titles)
select 'all', '', count(*) from shown where parent_id is null and visible;
