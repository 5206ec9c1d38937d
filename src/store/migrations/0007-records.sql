-- What came of comparing calls with the PBX's own records: see src/cdr/cdr-check.ts for the verdicts.
create table cdr_check (
  call_id     text    primary key,
  pbx         text    not null,
  verdict     text    not null,
  differences text    not null, -- CdrDifference[] as JSON
  told        text,             -- CdrCall as JSON: the call as the records tell it; null: none does
  seen        text,             -- Call as JSON: as we had seen it; null: we had not
  checked_at  integer not null  -- epoch milliseconds
);
create index cdr_check_by_verdict on cdr_check (pbx, verdict, checked_at);

-- How far the records of each PBX have been read; `mark` is understood by its source only.
create table cdr_progress (
  pbx   text    primary key,
  mark  text    not null,
  since integer not null -- epoch milliseconds of the first reading
);
create index call_by_end on call (pbx, ended_at);
create index call_by_pbx_and_start on call (pbx, started_at);
