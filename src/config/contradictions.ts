/** The rules that concern more than one setting. */
import { refuseHopelessRules } from "./hopeless-rules.ts";
import { RECORDS_NEED } from "./records.ts";
import { type Refuse, refuseRepeated } from "./refuse.ts";
import type { Settings } from "./settings.ts";
import { isLoopback } from "./values.ts";

/** Settings of which each is right and all together are not. */
export function refuseContradictions(config: Settings, refuse: Refuse): void {
  const { http, secrets, accounts, pbx } = config;
  if (!http.tls && http.trustedProxies.length === 0 && !isLoopback(http.host)) {
    refuse(["http", "host"], "127.0.0.1, or http.tls, or a proxy in http.trustedProxies, so that nobody reads along");
  }
  if (secrets.key !== null && secrets.keyFile !== null) {
    refuse(["secrets", "keyFile"], "either secrets.key or secrets.keyFile, not both");
  }
  refuseRepeated(
    accounts,
    (each) => [each.id],
    (at) => refuse(["accounts", at, "id"], "an id of its own"),
  );
  refuseRepeated(
    pbx,
    (each) => [each.id],
    (at) => refuse(["pbx", at, "id"], "an id of its own"),
  );
  refuseSharedKeys(config, refuse);
  const ids = accounts.map(({ id }) => id);
  for (const [at, each] of pbx.entries()) {
    refuseInPbx(each, ids, (path, want) => refuse(["pbx", at, ...path], want));
  }
  for (const [at, each] of accounts.entries()) {
    refuseInAccount(each, (path, want) => refuse(["accounts", at, ...path], want));
  }
}

function refuseSharedKeys({ http, accounts }: Settings, refuse: Refuse): void {
  const adminHashes = http.adminKeys?.map(({ hash }) => hash) ?? [];
  refuseRepeated(
    [adminHashes, ...accounts.map(({ employees }) => employees.flatMap(({ keyHashes }) => keyHashes))],
    (hashes) => hashes,
    (at) =>
      refuse(at === 0 ? ["http", "adminKeys"] : ["accounts", at - 1, "employees"], "a key of its own for everybody"),
  );
}

function refuseInPbx(
  { account, records, recordings }: Settings["pbx"][number],
  accounts: readonly string[],
  refuse: Refuse,
): void {
  for (const key of RECORDS_NEED[records.kind]) {
    if (records[key] === null) refuse(["records", key], `a value, for ${records.kind} needs it`);
  }
  for (const key of recordings.fromApi ? RECORDS_NEED["mikopbx-rest"] : []) {
    if (records[key] === null) refuse(["records", key], "a value, for recordings.fromApi needs it");
  }
  if (!accounts.includes(account)) refuse(["account"], `the id of an account (${accounts.join(", ")})`);
}

function refuseInAccount(account: Settings["accounts"][number], refuse: Refuse): void {
  const { employees, lines, webhooks, amocrm } = account;
  refuseRepeated(
    employees,
    ({ extensions }) => extensions,
    (at) => refuse(["employees", at, "extensions"], "extensions that belong to nobody else"),
  );
  refuseRepeated(
    employees,
    ({ userId }) => (userId === null ? [] : [String(userId)]),
    (at) => refuse(["employees", at, "userId"], "a user that stands at no other employee"),
  );
  refuseRepeated(
    webhooks ?? [],
    ({ id }) => [id],
    (at) => refuse(["webhooks", at, "id"], "an id of its own"),
  );
  refuseRepeated(
    lines,
    ({ did }) => [did],
    (at) => refuse(["lines", at, "did"], "a number of its own"),
  );
  for (const [at, { line }] of employees.entries()) {
    if (line !== null && lines.every(({ did }) => did !== line)) {
      refuse(["employees", at, "line"], "a number of the account's lines");
    }
  }
  if ((amocrm.clientId === null) !== (amocrm.clientSecret === null)) {
    refuse(["amocrm", "clientSecret"], "a value when clientId has one, null when that is null");
  }
  refuseHopelessRules(account, refuse);
}
