/** Companies for tests. */
import type { Account, Employee } from "./directory.ts";

/** An employee whose number in the CRM is that of his phone, with what a test says of him. */
export const employeeAt = (extension: string, said: Partial<Employee> = {}): Employee => ({
  name: `Employee ${extension}`,
  department: null,
  userId: Number(extension),
  extensions: [extension],
  manager: false,
  ...said,
});

/** A company in Moscow, with what a test says of it. */
export const accountWith = (said: Partial<Account> = {}): Account => ({
  id: "main",
  country: "RU",
  timeZone: "Europe/Moscow",
  language: "ru",
  defaultPipelineId: null,
  employees: [],
  lines: [],
  ...said,
});
