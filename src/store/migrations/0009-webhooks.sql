-- Commands that programs asked for, under ids of theirs: see src/api/command-book.ts.
create table api_command (
  account   text    not null,
  extension text    not null, -- of the employee who asks
  id        text    not null,
  asked_at  integer not null, -- epoch milliseconds
  call_id   text,             -- of a dial, the call that it makes
  command   text    not null, -- PhoneCommand as JSON
  outcome   text,             -- PhoneOutcome as JSON
  ended_at  integer,          -- null while it runs
  primary key (account, extension, id)
);
create index api_command_by_time on api_command (asked_at);

-- How far each webhook has followed the journal (call_event.seq).
create table webhook_position (
  account  text    not null,
  webhook  text    not null,
  position integer not null,
  primary key (account, webhook)
);
create index call_event_by_account on call_event (account, seq);

-- What a receiver has still to be told, and what he did not take: see src/webhooks/webhook-store.ts for the states.
create table webhook_delivery (
  seq        integer primary key autoincrement,
  account    text    not null,
  webhook    text    not null,
  message_id text    not null,
  call_id    text    not null, -- whose order is kept
  type       text    not null,
  body       text    not null, -- JSON, as it is sent
  state      text    not null,
  attempts   integer not null default 0,
  due_at     integer not null,
  reason     text,             -- why the last attempt failed
  created_at integer not null
);
-- Whoever counts reads no bodies.
create index webhook_delivery_by_state on webhook_delivery (account, webhook, state, seq, call_id, due_at, created_at);
create index webhook_delivery_of_call on webhook_delivery (account, webhook, call_id, seq) where state = 'waiting';
