-- In the order of the key: two batches cannot wait for each other, and the answers come in that order. No key stands twice.
-- name: progress_put
insert into progress as p (account_id, title_id, position, known)
select a.account_id, a.title_id, a.position, c.title_id is not null
from unnest(:accounts::bigint[], :titles::bigint[], :positions::float8[]) as a (account_id, title_id, position)
left join cards c on c.title_id = a.title_id
where c.deleted is not true
order by a.account_id, a.title_id
on conflict (account_id, title_id)
    do update set position = excluded.position, updated_at = excluded.updated_at, known = excluded.known
returning account_id, title_id, ms(updated_at) as updated_at
-- name: progress_page
select p.title_id, c.title, p.position, c.duration, c.poster_url, ms(p.updated_at) as updated_at,
       (extract(epoch from p.updated_at) * 1000000)::bigint as place_us, p.title_id as place_id
from progress p join cards c on c.title_id = p.title_id and not c.deleted
where p.account_id = :user
  and (p.updated_at, p.title_id) < (timestamptz 'epoch' + :before_us::bigint * interval '1 microsecond', :before_id::bigint)
order by p.updated_at desc, p.title_id desc limit :rows
-- name: progress_resume
select position from progress where title_id = :title_id and account_id = :user
-- name: card_put
insert into cards as c (title_id, title, duration, poster_url, revision, deleted)
values (:title_id, coalesce(:title, ''), :duration, :poster_url, :revision, coalesce(:deleted, false))
on conflict (title_id) do update set title = excluded.title, duration = excluded.duration, poster_url = excluded.poster_url,
    revision = excluded.revision, deleted = excluded.deleted, learnt_at = now()
where c.revision < excluded.revision
-- name: progress_forget
delete from progress where title_id = :title_id
-- Positions that were under way while their title was deleted.
-- name: progress_sweep_deleted
delete from progress p using cards c
where c.deleted and c.learnt_at > now() - interval '1 hour' and p.title_id = c.title_id
-- Titles that never were: their cards would have come within seconds.
-- name: progress_sweep_unknown
delete from progress p
where not p.known and p.updated_at < now() - interval '1 day' and not exists (select from cards c where c.title_id = p.title_id)
-- name: account_forget
delete from progress where account_id = :account_id
-- name: account_gone
insert into gone_accounts (account_id) values (:account_id) on conflict do nothing
-- Positions that were under way while their account was deleted.
-- name: progress_sweep_gone
delete from progress p using gone_accounts g where g.at > now() - interval '1 day' and p.account_id = g.account_id
-- name: gone_sweep
delete from gone_accounts where at < now() - interval '30 days'
-- name: progress_all
select p.title_id, coalesce(c.title, '') as title, p.position, c.duration, c.poster_url, ms(p.updated_at) as updated_at
from progress p left join cards c on c.title_id = p.title_id
where p.account_id = :user order by p.updated_at desc, p.title_id desc limit 10000
