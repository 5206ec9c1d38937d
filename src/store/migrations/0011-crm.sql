-- What employees said of a call for the CRM: a text, or the card on which it belongs. Kept until the call has ended, and after.
create table call_word (
  id          integer primary key autoincrement,
  account     text    not null,
  call_id     text    not null,
  said        text,             -- null: nothing about the text
  entity_type text,             -- null: nothing about the card
  entity_id   integer,
  said_by     text    not null,
  said_at     integer not null  -- epoch milliseconds
);
create index call_word_by_call on call_word (account, call_id);

-- ID and secret key of an external integration, which amoCRM makes up when somebody consents; sealed as the grants are.
create table amocrm_integration (
  account text primary key,
  sealed  text not null
);
