/** Settings are refused with every mistake in one go, each in words that say what to write; what is right is complete. */
import { readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { ConfigMistakes } from "../lib/config-reading.ts";
import { printSettings, sampleYaml } from "../lib/config-writing.ts";
import { describeSchema } from "../lib/described-schema.ts";
import { USUAL_HOURS } from "../rules/default-rules.ts";
import { type AccountConfig, configSchema, integrationOf, parseConfig } from "./config.ts";
import { toPolicy } from "./policy.ts";

const GOOD = `
http: { publicUrl: https://pbx.example.org/ }
accounts:
  - amocrm: { host: example.amocrm.ru, clientId: the-id, clientSecret: the-secret }
    employees:
      - { name: Анна, userId: 504141, extensions: [0201, 202] }
    lines: [{ did: 0012 }]
pbx:
  - { profile: mikopbx, ami: { host: pbx, username: kommutator, secret: 0012 } }
`;

type Environment = Record<string, string>;

function mistakesIn(yaml: string, environment: Environment = {}): readonly string[] {
  try {
    parseConfig(yaml, "kommutator.yaml", environment);
  } catch (error) {
    if (error instanceof ConfigMistakes) return error.mistakes;
    throw error;
  }
  return [];
}

test("what was not written has its default, and nothing can be changed later", () => {
  const config = parseConfig(GOOD, "kommutator.yaml", {});
  expect(config.http).toEqual({
    host: "127.0.0.1",
    port: 8080,
    publicUrl: "https://pbx.example.org",
    tls: null,
    trustedProxies: [],
    adminKeys: null,
    apiPerMinute: 600,
    metricsToken: null,
  });
  expect(config.pbx[0]?.ami.port).toBe(5038);
  expect(() => Object.assign(config.http, { port: 1 })).toThrow(TypeError);
});

test("numbers that are names keep their zeros", () => {
  const config = parseConfig(GOOD, "kommutator.yaml", {});
  expect(config.accounts[0]?.employees[0]?.extensions).toEqual(["0201", "202"]);
  expect(config.accounts[0]?.lines[0]?.did).toBe("0012");
  expect(config.pbx[0]?.ami.secret).toBe("0012");
});

test("a database is named by the file, by DATABASE_URL, or by our own variable, the last one first", () => {
  const variables = {
    DATABASE_URL: "postgres://a:b@host/given",
    KOMMUTATOR_STORE__DATABASE_URL: "postgresql://host/own",
  };
  const urlWith = (environment: Environment, yaml = GOOD) => parseConfig(yaml, "kommutator.yaml", environment).store;
  expect(urlWith({})).toEqual({ path: "var/kommutator.db", databaseUrl: null });
  expect(
    urlWith({ DATABASE_URL: variables.DATABASE_URL }, `${GOOD}store: { databaseUrl: postgres://host/file }`),
  ).toEqual({ path: "var/kommutator.db", databaseUrl: variables.DATABASE_URL });
  expect(urlWith(variables).databaseUrl).toBe("postgresql://host/own");
  const mistakes = mistakesIn(GOOD, { DATABASE_URL: "mysql://root:hidden@host/given" });
  expect(mistakes).toEqual([
    "refused: store.databaseUrl: want postgres://user:password@host/database, got something else (not shown)" +
      " (e.g. postgres://kommutator:the-password@127.0.0.1/kommutator)",
  ]);
});

test("an integration has an ID and a secret key, or is external and has neither", () => {
  const keys = "clientId: the-id, clientSecret: the-secret";
  const external = parseConfig(GOOD.replace(keys, "clientId: null, clientSecret: null"), "kommutator.yaml", {});
  expect(integrationOf(external.accounts[0] as AccountConfig)).toBeNull();
  expect(mistakesIn(GOOD.replace(keys, 'clientId: "", clientSecret: ""'))).toHaveLength(2);
  expect(mistakesIn(GOOD.replace(keys, "clientId: null, clientSecret: the-secret"))).toEqual([
    "refused: accounts[0].amocrm.clientSecret: want a value when clientId has one, null when that is null, got something else (not shown)" +
      " (e.g. the-secret-key-of-the-integration)",
  ]);
});

test("a long-lived token is as long as amoCRM makes it", () => {
  const token = `eyJ0eXAiOiJKV1Qi${"x".repeat(1_200)}`;
  const config = parseConfig(
    GOOD.replace("host: example", `longLivedToken: ${token}, host: example`),
    "kommutator.yaml",
    {},
  );
  expect(config.accounts[0]?.amocrm.longLivedToken).toBe(token);
});

test("the environment stands above the file", () => {
  const config = parseConfig(GOOD, "kommutator.yaml", {
    KOMMUTATOR_CONFIG: "elsewhere.yaml",
    KOMMUTATOR_PBX__0__AMI__PORT: "5039",
    KOMMUTATOR_ACCOUNTS__0__AMOCRM__CLIENT_SECRET: "from-outside",
    KOMMUTATOR_HTTP__TRUSTED_PROXIES: "10.0.0.1, 10.1.0.0/16",
    PATH: "/usr/bin",
  });
  expect(config.pbx[0]?.ami.port).toBe(5039);
  expect(config.accounts[0]?.amocrm.clientSecret).toBe("from-outside");
  expect(config.http.trustedProxies).toEqual(["10.0.0.1", "10.1.0.0/16"]);
});

test("all mistakes are reported together", () => {
  const yaml = `
http: { publicUrl: http://pbx.example.org, prot: 1 }
accounts: []
pbx:
  - { profile: mika, ami: { host: pbx, username: u, port: 5O38 } }
`;
  expect(mistakesIn(yaml)).toEqual([
    'refused: http.publicUrl: want an https:// address (http:// only for this very machine), got "http://pbx.example.org" (e.g. https://pbx.example.org)',
    'refused: http.prot: no such setting, did you mean "port"?',
    "refused: accounts: want a list with at least one entry, got an empty list",
    'refused: pbx[0].profile: want mikopbx, freepbx or asterisk, got "mika" (e.g. mikopbx)',
    'refused: pbx[0].ami.port: want an integer from 1 to 65535, got "5O38" (e.g. 5038)',
    "refused: pbx[0].ami.secret: want the AMI user's password, got nothing (e.g. the-ami-password)",
  ]);
});

describe("one mistake, one sentence", () => {
  const edited = (from: string, to: string) => GOOD.replace(from, to);
  const KEY = "a".repeat(64);
  const webhook = (url: string, secret = `whsec_${"A".repeat(43)}=`) =>
    edited("lines:", `webhooks: [{ id: erp, url: "${url}", secret: ${secret} }]\n    lines:`);
  test.each<[name: string, yaml: string, environment: Environment, sentence: string]>([
    [
      "a key of another section",
      edited("publicUrl", "tls: { cert: a, key: b, zzz: 1 }, publicUrl"),
      {},
      "refused: http.tls.zzz: no such setting, known here: cert, key",
    ],
    [
      "a port too high",
      edited("username", "port: 70000, username"),
      {},
      'refused: pbx[0].ami.port: want an integer from 1 to 65535, got "70000" (e.g. 5038)',
    ],
    [
      "a text for a switch",
      edited("userId", "manager: yes, userId"),
      {},
      'refused: accounts[0].employees[0].manager: want true or false, got "yes" (e.g. true)',
    ],
    [
      "one key of two people",
      edited("lines:", `  - { name: Пётр, extensions: [203], keyHashes: [${KEY}, ${KEY}] }\n    lines:`),
      {},
      "refused: accounts[0].employees: want a key of its own for everybody, got a list",
    ],
    [
      "a receiver by plain http",
      webhook("http://example.org/calls"),
      {},
      'refused: accounts[0].webhooks[0].url: want an https:// address (http:// only for this very machine), got "http://example.org/calls" (e.g. https://warehouse.example.org/calls)',
    ],
    [
      "a receiver where a cloud keeps its secrets",
      webhook("https://169.254.169.254/latest"),
      {},
      'refused: accounts[0].webhooks[0].url: want an https:// address (http:// only for this very machine), got "https://169.254.169.254/latest" (e.g. https://warehouse.example.org/calls)',
    ],
    [
      "a secret that is too short",
      webhook("https://example.org/calls", "whsec_short"),
      {},
      `refused: accounts[0].webhooks[0].secret: want whsec_ and at least 24 bytes in base64, got something else (not shown) (e.g. whsec_${"A".repeat(43)}=)`,
    ],
    [
      "a section for a value",
      edited("username: kommutator", "username: {}"),
      {},
      "refused: pbx[0].ami.username: want a text of 1 to 255 characters, got a section (e.g. kommutator)",
    ],
    [
      "a PBX of an unknown account",
      edited("profile", "account: mian, profile"),
      {},
      'refused: pbx[0].account: want the id of an account (main), got "mian" (e.g. main)',
    ],
    [
      "an extension of two people",
      edited("lines:", "  - { name: Пётр, extensions: [202] }\n    lines:"),
      {},
      "refused: accounts[0].employees[1].extensions: want extensions that belong to nobody else, got a list (e.g. [201])",
    ],
    [
      "a user of two people",
      edited("lines:", "  - { name: Пётр, userId: 504141, extensions: [203] }\n    lines:"),
      {},
      'refused: accounts[0].employees[1].userId: want a user that stands at no other employee, got "504141" (e.g. 504141)',
    ],
    [
      "an open port without TLS",
      edited("publicUrl", "host: 0.0.0.0, publicUrl"),
      {},
      'refused: http.host: want 127.0.0.1, or http.tls, or a proxy in http.trustedProxies, so that nobody reads along, got "0.0.0.0" (e.g. 0.0.0.0)',
    ],
    [
      "a zone that is none",
      edited("amocrm:", "timeZone: Europe/Moskva\n    amocrm:"),
      {},
      'refused: accounts[0].timeZone: want a name from the IANA list, got "Europe/Moskva" (e.g. Europe/Moscow)',
    ],
    [
      "a rule that amoCRM would not take",
      edited("lines:", "rules: [{ name: N, do: { unsorted: { name: '{phone}' } } }]\n    lines:"),
      {},
      "refused: accounts[0].rules[0].do.unsorted: want when.direction inbound and when.client unknown: amoCRM takes nothing else there, got a section",
    ],
    [
      "a lead of nobody",
      edited("lines:", "rules: [{ name: N, do: { lead: { name: '{phone}' } } }]\n    lines:"),
      {},
      "refused: accounts[0].rules[0].do.lead: want do.contact beside it, or when.client known: a lead belongs to somebody, got a section",
    ],
    [
      "a round of nobody",
      edited("lines:", "rules: [{ name: N, do: { responsible: [round-robin] } }]\n    lines:"),
      {},
      "refused: accounts[0].rules[0].roundRobin: want at least one user to go round, got nothing (e.g. [504141, 504142])",
    ],
    [
      "a card of who hides",
      edited("lines:", "rules: [{ name: N, when: { anonymous: true }, do: { tags: [a] } }]\n    lines:"),
      {},
      "refused: accounts[0].rules[0].do: want nothing but a task: who hides his number has no card, got a section",
    ],
    [
      "two rules of one name",
      edited("lines:", "rules: [{ name: N }, { name: N }]\n    lines:"),
      {},
      'refused: accounts[0].rules[1].name: want a name that no other rule has, got "N" (e.g. Ночь)',
    ],
    [
      "a day that ends before it begins",
      edited("lines:", "workingHours: { week: [{ days: [mon], from: '18:00', to: '09:00' }] }\n    lines:"),
      {},
      'refused: accounts[0].workingHours.week[0].to: want a time after the beginning, got "09:00" (e.g. 18:00)',
    ],
    [
      "a proxy range too wide",
      edited("publicUrl", "trustedProxies: [10.0.0.0/40], publicUrl"),
      {},
      'refused: http.trustedProxies[0]: want IP addresses or ranges such as 10.0.0.0/8, got "10.0.0.0/40" (e.g. 127.0.0.1)',
    ],
    [
      "no YAML",
      "http: [",
      {},
      "refused: kommutator.yaml:1:8: not readable as YAML: Flow sequence in block collection must be sufficiently indented and end with a ]",
    ],
    ["a list", "- http", {}, 'refused: kommutator.yaml: want sections such as "http:" and "pbx:", got a list'],
    [
      "a slip in the environment",
      GOOD,
      { KOMMUTATOR_PBX__0__AMI__PROT: "1" },
      "refused: KOMMUTATOR_PBX__0__AMI__PROT: no such setting, did you mean KOMMUTATOR_PBX__0__AMI__PORT?",
    ],
    [
      "a hole in a list",
      GOOD,
      { KOMMUTATOR_PBX__2__ID: "x" },
      "refused: KOMMUTATOR_PBX__2__ID: want the entries before this one in the list to be set, too",
    ],
  ])("%s", (_, yaml, environment, sentence) => {
    expect(mistakesIn(yaml, environment)).toEqual([sentence]);
  });
});

test("rules are read as they are written, and the usual ones stand where there are none", () => {
  const { accounts } = parseConfig(GOOD, "kommutator.yaml", {});
  const [usual] = accounts.map((one) => toPolicy(one, one.language));
  expect(usual?.rules.map(({ name }) => name)).toContain("Пропущенный от клиента");
  expect(usual?.workingHours).toEqual(USUAL_HOURS);
  const own = `rules:
      - name: Реклама ночью
        when: { direction: inbound, dids: [0012], hours: outside, results: [not-answered] }
        do:
          task: { text: "Перезвонить: {client}", responsible: [client, 504142], dueMinutes: 30 }
    lines:`;
  const [account] = parseConfig(GOOD.replace("lines:", own), "kommutator.yaml", {}).accounts;
  expect(account && toPolicy(account, "ru").rules).toMatchObject([
    {
      when: { direction: "inbound", dids: ["0012"], client: null },
      do: { log: null, task: { dueMinutes: 30, typeId: 1, responsible: ["client", "504142"], closesItself: true } },
    },
  ]);
});

test("the rules of the operating notes are accepted as they stand there", () => {
  const page = readFileSync(new URL("../../docs/operating.md", import.meta.url), "utf8");
  const written = /## Rules\n[\s\S]*?```yaml\n {0}accounts:\n {2}- ([\s\S]*?)```/.exec(page)?.[1];
  const [account] = parseConfig(GOOD.replace("- amocrm", `- ${written}    amocrm`), "kommutator.yaml", {}).accounts;
  expect(account && toPolicy(account, "ru").rules.map(({ name }) => name)).toEqual([
    "Курьеры",
    "Реклама ночью",
    "Остальные звонки клиентов",
  ]);
});

test("a secret is never shown, neither in a mistake nor in print", () => {
  const mistakes = mistakesIn(`${GOOD}\nsecrets: { key: my-very-own-key }`);
  expect(mistakes).toEqual([
    "refused: secrets.key: want 64 hexadecimal digits, got something else (not shown) (e.g. the output of: openssl rand -hex 32)",
  ]);
  const printed = printSettings(describeSchema(configSchema), parseConfig(GOOD, "kommutator.yaml", {}));
  expect(printed).not.toMatch(/the-secret|0012"?\n$/m);
  expect(printed).toContain('clientSecret: "***"');
});

test("the sample file is accepted as it is, and with every comment made a setting only the two ways to name the key collide", () => {
  const sample = sampleYaml(describeSchema(configSchema));
  expect(mistakesIn(sample)).toEqual([]);
  const everything = sample.replace(
    /^( *)# (\s*[a-zA-Z]+: ?\S*.*|\s*[a-zA-Z]+:|\s*-.*)$/gm,
    (_line, indent: string, rest: string) =>
      /^\s*([a-zA-Z]+:|-)/.test(rest) ? `${indent}${rest}` : `${indent}# ${rest}`,
  );
  expect(everything).not.toEqual(sample);
  expect(mistakesIn(everything)).toEqual([
    "refused: secrets.key: want 64 hexadecimal digits, got something else (not shown) (e.g. the output of: openssl rand -hex 32)",
    'refused: secrets.keyFile: want either secrets.key or secrets.keyFile, not both, got "/etc/kommutator/secret.key" (e.g. /etc/kommutator/secret.key)',
  ]);
});
