-- Access to an amoCRM account, sealed with a key that is not in this file; see src/amocrm/grant.ts.
create table amocrm_grant (
  account text primary key,
  sealed  text not null
);

-- What we have written into the CRM of each call, by the `uniq` that it carries there.
create table written_call (
  account    text    not null,
  uniq       text    not null,
  client_key text    not null,
  lead_id    integer,          -- of an unsorted call
  undecided  integer not null, -- 1: an unsorted lead that nobody has declined, as far as we know
  body       text    not null, -- WrittenCall as JSON
  primary key (account, uniq)
);
create index written_call_undecided on written_call (account, client_key) where undecided = 1;
