-- What employees asked of the phones, and what the service did by itself: see src/control/command-journal.ts.
create table command (
  id       text primary key,
  account  text not null,
  pbx      text not null,
  call_id  text,          -- null for a dial
  kind     text not null,
  asked_at integer not null,
  ended_at integer,       -- null while it runs
  body     text not null  -- CommandRecord as JSON
);
create index command_of_call on command (call_id, asked_at);
create index command_of_account on command (account, asked_at);
