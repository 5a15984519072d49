-- Upload-Metadata as the client put it (tus 1.0): a HEAD tells it again to the letter.
alter table uploads add column metadata text;
