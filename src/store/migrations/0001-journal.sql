-- The truth: what was concluded about calls, in the order it was concluded.
create table call_event (
  seq     integer primary key autoincrement,
  account text    not null,
  pbx     text    not null,
  call_id text    not null,
  type    text    not null,
  at      integer not null, -- epoch milliseconds
  body    text    not null  -- CallEvent as JSON
);
create index call_event_by_call on call_event (call_id, seq);

-- The fold of a call's events, kept beside them so that nobody has to fold again. Can be rebuilt.
create table call (
  id         text    primary key,
  account    text    not null,
  pbx        text    not null,
  started_at integer not null,
  ended_at   integer,          -- null while it lives
  body       text    not null  -- Call as JSON
);
create index call_alive on call (pbx) where ended_at is null;
create index call_by_time on call (account, started_at);
