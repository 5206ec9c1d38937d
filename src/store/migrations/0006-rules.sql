-- When the CRM last told us of the row, Unix seconds: what it has not told for long may be no more.
alter table client add column seen_at integer not null default 0;
alter table lead add column seen_at integer not null default 0;
-- When everything was last walked through, to find what was deleted without our being told. Unix seconds.
alter table index_progress add column swept_at integer not null default 0;

-- A look-up reads these indexes and nothing else of their tables.
drop index client_phone_by_number;
create index client_phone_by_number on client_phone (account, national, e164, kind, client_id);
drop index lead_client_by_client;
create index lead_client_by_client on lead_client (account, kind, client_id, lead_id);

-- Which of several clients with one number is meant, as an employee has said.
create table chosen_client (
  account   text    not null,
  phone     text    not null, -- as intents spell it
  kind      text    not null,
  client_id integer not null,
  chosen_at integer not null, -- epoch milliseconds
  primary key (account, phone)
);

-- `kind` repeats what the intent says; items of one `batch_key` may go to the CRM in one request.
alter table outbox add column kind text;
alter table outbox add column batch_key text;
-- Name of the rule that wanted it, or that wanted nothing.
alter table outbox add column rule text;
update outbox set kind = json_extract(intent, '$.kind') where intent is not null;
create index outbox_batches on outbox (account, batch_key) where state = 'waiting' and batch_key is not null;

-- How often each rule has given work to the next in turn.
create table rule_turn (
  account text    not null,
  rule    text    not null,
  turns   integer not null,
  primary key (account, rule)
);

-- Tasks about missed calls that nobody has called back for yet, by the `uniq` of the intent.
create table callback_task (
  account    text not null,
  uniq       text not null,
  client_key text not null,
  primary key (account, uniq)
);
create index callback_task_by_client on callback_task (account, client_key);
