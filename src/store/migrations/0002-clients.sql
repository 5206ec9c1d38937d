-- What the CRM knows of those who call: can be read again from it at any time. `updated_at` is the CRM's, Unix seconds.
create table client (
  account             text    not null,
  kind                text    not null, -- 'contact' or 'company'
  id                  integer not null, -- the CRM's
  name                text    not null,
  responsible_user_id integer,
  company_id          integer,          -- of a contact
  updated_at          integer not null,
  primary key (account, kind, id)
);

-- Each number on a card. Equal numbers have equal national parts, so that one index finds both kinds of spelling.
create table client_phone (
  account   text    not null,
  kind      text    not null,
  client_id integer not null,
  national  text    not null,
  e164      text
);
create index client_phone_by_number on client_phone (account, national);
create index client_phone_by_client on client_phone (account, kind, client_id);

-- Open leads only.
create table lead (
  account             text    not null,
  id                  integer not null,
  name                text    not null,
  price               integer,
  pipeline_id         integer not null,
  status_id           integer not null,
  responsible_user_id integer,
  updated_at          integer not null,
  primary key (account, id)
);
create table lead_client (
  account   text    not null,
  lead_id   integer not null,
  kind      text    not null,
  client_id integer not null,
  primary key (account, lead_id, kind, client_id)
);
create index lead_client_by_client on lead_client (account, kind, client_id);

create table pipeline (
  account        text    not null,
  id             integer not null,
  name           text    not null,
  position       integer not null,
  is_main        integer not null,
  is_unsorted_on integer not null,
  primary key (account, id)
);
-- A status is known only together with its pipeline: won (142) and lost (143) have the same id in each.
create table pipeline_status (
  account     text    not null,
  pipeline_id integer not null,
  id          integer not null,
  name        text    not null,
  position    integer not null,
  primary key (account, pipeline_id, id)
);

create table index_progress (
  account      text    not null,
  part         text    not null, -- 'companies', 'contacts' or 'leads'
  next_page    integer,          -- null: the first load is finished
  loaded       integer not null,
  caught_up_to integer not null, -- Unix seconds
  primary key (account, part)
);
