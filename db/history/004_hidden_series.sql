-- An episode is hidden with its series. One whose series is not known yet is shown.
create or replace view shown_cards as
select * from cards
where not deleted and not hidden and (visible_from is null or visible_from <= now())
  and (visible_until is null or visible_until > now())
  and (parent_id is null or not exists (
      select from cards series
      where series.title_id = cards.parent_id
        and (series.deleted or series.hidden or series.visible_from > now() or series.visible_until <= now())));
