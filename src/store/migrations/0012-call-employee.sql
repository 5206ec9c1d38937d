-- Whose phones a call has reached: for the last calls of an employee, without reading everybody's.
create table call_employee (
  call_id    text    not null,
  extension  text    not null,
  account    text    not null,
  started_at integer not null, -- as the call has it
  primary key (call_id, extension)
);
create index call_employee_by_time on call_employee (account, extension, started_at);
insert into call_employee (call_id, extension, account, started_at)
select distinct call.id, json_extract(employee.value, '$.extension'), call.account, call.started_at
  from call, json_each(call.body, '$.employees') as employee;
