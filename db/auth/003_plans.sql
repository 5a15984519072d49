create table plans (
    id bigint generated always as identity primary key,
    name text not null constraint plans_name unique check (octet_length(name) between 1 and 100),
    description text not null default '' check (octet_length(description) <= 2000),
    price bigint not null check (price between 0 and 1000000000000), -- minor units
    currency text not null constraint plans_currency check (currency ~ '^[A-Z]{3}$'),
    "interval" text not null check ("interval" in ('month', 'year')),
    checkout_url text not null default '' check (octet_length(checkout_url) <= 500),
    active boolean not null default true,
    created_at timestamptz not null default now(),
    updated_at timestamptz not null default now()
);

create function span(text) returns interval immutable strict parallel safe language sql
    as $$ select case $1 when 'year' then interval '1 year' else interval '1 month' end $$;

create table subscriptions (
    id bigint generated always as identity primary key,
    account_id bigint not null references accounts on delete cascade,
    plan_id bigint not null references plans,
    state text not null check (state in ('pending', 'active', 'ended')),
    start_at timestamptz,
    end_at timestamptz,
    auto_renew boolean not null default true,
    cancelled_at timestamptz, -- by its owner
    reference text constraint subscriptions_reference unique check (octet_length(reference) between 1 and 120), -- the provider's; null: ours
    created_at timestamptz not null default now(),
    check (state <> 'active' or (start_at is not null and end_at is not null))
);
create unique index subscriptions_pending on subscriptions (account_id) where state = 'pending' and reference is null;
create unique index subscriptions_own on subscriptions (account_id) where state = 'active' and reference is null;
create index subscriptions_account on subscriptions (account_id, id);
create index subscriptions_due on subscriptions (end_at) where state = 'active';
create index subscriptions_plan on subscriptions (plan_id);

-- The ledger. It outlives the accounts, without naming them any more.
create table payments (
    id bigint generated always as identity primary key,
    account_id bigint references accounts on delete set null,
    plan_id bigint references plans,
    reference text check (octet_length(reference) <= 120),
    document text not null default '' check (octet_length(document) <= 100),
    amount bigint not null check (amount >= 0), -- minor units
    currency text not null check (currency ~ '^[A-Z]{3}$'),
    status text not null check (status in ('pending', 'completed', 'failed', 'refunded')),
    event_id text constraint payments_event unique check (octet_length(event_id) <= 255),
    at timestamptz not null default now(), -- by the provider's clock
    made_at timestamptz not null default now()
);
create index payments_recent on payments (made_at desc, id desc);
create index payments_account on payments (account_id, made_at desc, id desc);
create index payments_plan on payments (plan_id);

-- A line that was written stays as it is; only the person may be taken out of it.
create function payments_stay() returns trigger language plpgsql as $$
begin
    if tg_op = 'UPDATE' and new.account_id is null then
        new.account_id = old.account_id;
        if new is not distinct from old then
            new.account_id = null;
            return new;
        end if;
    end if;
    raise exception 'the ledger is append-only' using errcode = 'restrict_violation';
end $$;
create trigger payments_stay before update or delete on payments for each row execute function payments_stay();
create trigger payments_stay_whole before truncate on payments for each statement execute function payments_stay();

-- What the provider told. Each event counts once; what a subscription is follows from all of its events, in whatever order they came.
create table webhook_events (
    id text primary key check (octet_length(id) between 1 and 255),
    type text not null check (octet_length(type) <= 100),
    created timestamptz not null, -- by the provider's clock
    received_at timestamptz not null default now(),
    outcome text not null check (outcome in ('applied', 'waiting', 'ignored')), -- waiting: nobody knows yet whose it is
    kind text not null default 'other'
        check (kind in ('bound', 'opened', 'paid', 'failed', 'changed', 'closed', 'refunded', 'other')),
    reference text check (octet_length(reference) between 1 and 120),
    links text[] not null default '{}', -- numbers of invoice, payment and charge: they tie refunds to payments
    account_id bigint references accounts on delete set null,
    plan_id bigint references plans,
    period_end timestamptz,
    renews boolean,
    amount bigint check (amount >= 0),
    currency text check (currency ~ '^[A-Z]{3}$'),
    document text not null default '' check (octet_length(document) <= 100)
);
create index webhook_events_reference on webhook_events (reference, created);
create index webhook_events_links on webhook_events using gin (links);
create index webhook_events_account on webhook_events (account_id);
create index webhook_events_plan on webhook_events (plan_id);
create index webhook_events_old on webhook_events (received_at);
