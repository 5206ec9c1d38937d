-- What the cache of recordings goes by, and who has listened to them.
alter table recording add column since integer not null default 0;        -- when it was first looked for: soon after the call
alter table recording add column heard_at integer not null default 0;     -- when it was made, or heard last
alter table recording add column cached_bytes integer not null default 0; -- of its mp3; 0: it is not in the cache
create index recording_heard on recording (heard_at) where cached_bytes > 0;
create index recording_since on recording (account, since);

-- One stretch of listening of one person (or of one holder of a link) to one recording.
create table listening (
  id              integer primary key autoincrement,
  account         text not null,
  call_id         text not null,
  user_id         integer,          -- null: whoever held the link
  address         text not null,    -- cut short
  begun_at        integer not null,
  last_at         integer not null,
  bytes           integer not null, -- all that were sent
  reached_seconds integer not null  -- how far into the recording
);
create index listening_of_call on listening (account, call_id, begun_at);
create index listening_begun on listening (account, begun_at);
