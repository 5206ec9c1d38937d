/** What an account starts with, as plain data; `small-company.ts` holds the usual one. */
import type { StandClock } from "../clock.ts";
import { Account, type AccountIdentity } from "./account.ts";
import { createEntity, type EntityInput } from "./entities.ts";
import { keepHistory } from "./history.ts";
import type { FieldDefinition, LossReason, Pipeline, User } from "./model.ts";
import { addNote, addTask, type NoteInput, type TaskInput } from "./notes.ts";

export interface AccountSeed {
  readonly identity: AccountIdentity;
  readonly groups: readonly { readonly id: number; readonly name: string }[];
  readonly users: readonly User[];
  readonly pipelines: readonly Pipeline[];
  readonly companies?: readonly SeedEntity[];
  /** Contacts and leads name their companies and contacts in `_embedded`, as in the API. */
  readonly contacts?: readonly SeedEntity[];
  readonly leads?: readonly SeedEntity[];
  readonly tasks?: readonly TaskInput[];
}

export interface SeedEntity extends EntityInput {
  readonly id: number;
  /** Put into the entity's feed. */
  readonly notes?: readonly NoteInput[];
}

export interface Seed {
  /** The first one answers at the stand's own address. */
  readonly accounts: readonly AccountSeed[];
}

export function buildAccount(seed: AccountSeed, clock: StandClock): Account {
  const account = new Account(seed.identity, clock);
  keepHistory(account);
  account.groups.push(...seed.groups);
  for (const user of seed.users) account.users.set(user.id, { ...user });
  for (const pipeline of seed.pipelines) account.pipelines.set(pipeline.id, pipeline);
  for (const type of ["leads", "contacts", "companies"] as const)
    account.fields[type].push(...predefinedFields(seed.identity.id)[type]);
  for (const reason of lossReasons(seed.identity)) account.lossReasons.set(reason.id, reason);
  const actor = { userId: seed.users[0]?.id ?? 0, clientId: null };
  for (const type of ["companies", "contacts", "leads"] as const) {
    for (const input of seed[type] ?? []) {
      const entity = createEntity(account, type, input, actor);
      entity.searchableFrom = 0;
      for (const note of input.notes ?? []) addNote(account, type, entity.id, note, actor);
    }
  }
  for (const task of seed.tasks ?? []) addTask(account, task, actor);
  return account;
}

/** Assumed: an account comes with some. */
const lossReasons = ({ id, created_at }: AccountIdentity): LossReason[] =>
  ["Слишком дорого", "Пропала потребность", "Выбрали других"].map((name, at) => ({
    id: (id % 1000) * 100 + 31 + at,
    name,
    sort: (at + 1) * 10_000,
    created_at,
    updated_at: created_at,
  }));

/**
 * Ids of fields and of their choices differ from account to account (docs/protocols/amocrm-platform.md#fields): they are made
 * of the account's id.
 */
export function predefinedFields(accountId: number): Record<"leads" | "contacts" | "companies", FieldDefinition[]> {
  const base = (accountId % 1000) * 100;
  const multitext = (id: number, name: string, code: string, choices: readonly string[]): FieldDefinition => ({
    id,
    name,
    code,
    type: "multitext",
    is_predefined: true,
    enums: choices.map((value, index) => ({ id: id * 10 + index, value, sort: (index + 1) * 10 })),
  });
  const phone = (id: number) => multitext(id, "Телефон", "PHONE", ["WORK", "WORKDD", "MOB", "FAX", "HOME", "OTHER"]);
  const email = (id: number) => multitext(id, "Email", "EMAIL", ["WORK", "PRIV", "OTHER"]);
  const text = (id: number, name: string, code: string | null): FieldDefinition => ({
    id,
    name,
    code,
    type: "text",
    is_predefined: code !== null,
    enums: null,
  });
  return {
    leads: [text(base + 1, "Источник", null)],
    contacts: [phone(base + 11), email(base + 12), text(base + 13, "Должность", "POSITION")],
    companies: [phone(base + 21), email(base + 22), text(base + 23, "Web", "WEB"), text(base + 24, "Адрес", "ADDRESS")],
  };
}
