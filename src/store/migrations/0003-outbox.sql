-- What the CRM should be told: see src/outbox/outbox-store.ts for the states. Times are epoch milliseconds.
create table outbox (
  id                integer primary key autoincrement,
  account           text    not null,
  client_key        text    not null, -- whose order is kept
  call_id           text,
  uniq              text,             -- null when skipped
  intent            text,             -- CrmIntent as JSON; null when skipped
  interactive       integer not null, -- 1: a person waits for it
  state             text    not null,
  due_at            integer not null,
  lease_until       integer not null default 0,
  lease_holder      text,
  attempts          integer not null default 0,
  may_have_happened integer not null default 0, -- 1: look in the CRM before writing
  reason            text,
  outcome           text,             -- Outcome as JSON, once done
  created_at        integer not null,
  settled_at        integer
);
create unique index outbox_by_uniq on outbox (account, uniq);
create index outbox_waiting on outbox (account, client_key, id) where state = 'waiting';
create index outbox_by_state on outbox (account, state, id);
create index outbox_by_call on outbox (call_id);

-- How far each account's outbox has followed the call log (call_event.seq).
create table outbox_position (
  account  text    primary key,
  position integer not null
);
create index call_event_ended on call_event (account, seq) where type = 'call-ended';
