-- Where each call's sound is: see src/recordings/recording.ts for the states.
create table recording (
  call_id text primary key,
  account text not null,
  pbx     text not null,
  state   text not null,
  body    text not null -- Recording as JSON
);
create index recording_pending on recording (call_id) where state = 'pending';
