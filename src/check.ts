/**
 * `kommutator check`: tries everything that the settings name, changes nothing, and says of each what is well or what
 * to do. May be run while the service runs.
 */
import { constants, existsSync } from "node:fs";
import { access, stat, statfs } from "node:fs/promises";
import { dirname, resolve } from "node:path";
import { AMI_TIMING, AmiConnection, type AmiCounters } from "./ami/connection.ts";
import { CRM_PATHS } from "./amocrm/paths.ts";
import { readAmiEndpoint } from "./assembly/ami-endpoint.ts";
import { openCdrSource, zoneOf } from "./assembly/cdr-source-of.ts";
import { openRecordingSources } from "./assembly/sound-sources.ts";
import { type AccountConfig, apiUrlOf, type Config, keyFileOf, type PbxConfig } from "./config/config.ts";
import { systemClock } from "./lib/clock.ts";
import { failureInWords } from "./lib/failure-words.ts";
import { MasterKey } from "./lib/master-key.ts";
import { examinePostgres } from "./store/postgres.ts";
import type { Webhook } from "./webhooks/webhook.ts";

export interface Finding {
  /** "pbx office", "store" */
  readonly subject: string;
  readonly isWell: boolean;
  /** One sentence. */
  readonly says: string;
}

type Verdict = Omit<Finding, "subject">;

const well = (says: string): Verdict => ({ isWell: true, says });
const amiss = (says: string): Verdict => ({ isWell: false, says });

const PATIENCE_MS = 5_000;
/** A day of a small office is some megabytes; below this a full disk is near. */
const LEAST_FREE_BYTES = 200 * 1024 * 1024;

/**
 * What the connector asks of a PBX, with the manager class that it needs (write rights are what actions are checked
 * against). `ListCommands` shows a user only what he may do.
 */
const NEEDED_ACTIONS: Readonly<Record<string, string>> = {
  Originate: "originate",
  Hangup: "call",
  Status: "call or reporting",
  CoreShowChannels: "reporting",
  ExtensionStateList: "call or reporting",
};

/** All findings, in the order of the settings. */
export async function check(config: Config): Promise<Finding[]> {
  const tries: [subject: string, verdict: Promise<Verdict>][] = [
    ["store", checkStore(config)],
    ["key", checkKey(config)],
    ...config.accounts.map((one): [string, Promise<Verdict>] => [`account ${one.id}`, checkCrm(one, config)]),
    ...config.accounts.flatMap(({ id, webhooks }) =>
      (webhooks ?? []).map((one): [string, Promise<Verdict>] => [`webhook ${id}/${one.id}`, checkReceiver(one)]),
    ),
    ...config.pbx.flatMap((one): [string, Promise<Verdict>][] => [
      [`pbx ${one.id}`, checkPbx(one)],
      [`recordings ${one.id}`, checkRecordings(one, config)],
      [`records ${one.id}`, checkRecords(one, config)],
    ]),
  ];
  return Promise.all(
    tries.map(async ([subject, verdict]) => ({
      subject,
      ...(await verdict.catch((error) => amiss(failureInWords(error)))),
    })),
  );
}

async function checkStore({ store: { path, databaseUrl } }: Config): Promise<Verdict> {
  if (databaseUrl !== null) return well(`PostgreSQL ${await examinePostgres(databaseUrl)} lets us in`);
  const file = resolve(path);
  let directory = dirname(file);
  while (!existsSync(directory)) directory = dirname(directory); // the service makes what is missing
  await access(directory, constants.W_OK | constants.X_OK);
  if (existsSync(file)) await access(file, constants.R_OK | constants.W_OK);
  const { bavail, bsize } = await statfs(directory);
  if (bavail * bsize < LEAST_FREE_BYTES)
    return amiss(`less than 200 MB are free on the disk of ${directory}; free some space`);
  return well(existsSync(file) ? `${path} can be written` : `${path} will be made at the first start`);
}

async function checkKey(config: Config): Promise<Verdict> {
  if (config.secrets.key !== null) return well("is written in the settings");
  const file = keyFileOf(config);
  if (!existsSync(file)) {
    return config.secrets.keyFile === null
      ? well(`${file} will be made at the first start; keep a copy of it apart from the store`)
      : amiss(`${file} is not there; put the key there or leave secrets.keyFile empty`);
  }
  await MasterKey.fromFile(file);
  if (((await stat(file)).mode & 0o077) !== 0)
    return amiss(`${file} can be read by other users; do: chmod 600 ${file}`);
  return well(`${file} can be read`);
}

/** Nothing is sent that could be taken for a message: what the receiver says to a real one, the running service tells. */
async function checkReceiver({ url }: Pick<Webhook, "url">): Promise<Verdict> {
  const signal = AbortSignal.timeout(PATIENCE_MS);
  const { status } = await fetch(url, { method: "HEAD", redirect: "manual", signal });
  if (status >= 500) return amiss(`${url} answers with ${status}; messages would wait`);
  if (status >= 300 && status < 400) return amiss(`${url} redirects, which is not followed; correct the webhook's url`);
  return well(`${url} answers`);
}

async function checkCrm(one: AccountConfig, config: Config): Promise<Verdict> {
  const { host, longLivedToken } = one.amocrm;
  const headers: Record<string, string> = { "user-agent": "Kommutator" };
  if (longLivedToken !== null) headers["authorization"] = `Bearer ${longLivedToken}`;
  const url = apiUrlOf(one);
  let answer: Response;
  try {
    const signal = AbortSignal.timeout(PATIENCE_MS);
    answer = await fetch(`${url}/api/v4/account`, { headers, redirect: "manual", signal });
  } catch (error) {
    return amiss(`${url}: ${failureInWords(error)}`);
  }
  await answer.body?.cancel();
  if (longLivedToken === null) {
    // Without a token 401 is the right answer: amoCRM is there. Whether access was given, the running service knows.
    return answer.status === 401
      ? well(`${host} answers; if it is not connected yet, open ${config.http.publicUrl}${CRM_PATHS.connect}/${one.id}`)
      : amiss(
          `${host} answers with ${answer.status}, which is not what amoCRM's API says to a stranger; check amocrm.host`,
        );
  }
  switch (answer.status) {
    case 200:
      return well(`${host} accepts the long-lived token`);
    case 401:
      return amiss(
        `${host} does not accept the long-lived token; make a new one in the integration's «Ключи и доступы»`,
      );
    case 402:
      return amiss(`the amoCRM account ${host} is not paid`);
    case 403:
      return amiss(`${host} refuses everything we ask from this address; see its technical support`);
    default:
      return amiss(`${host} answers with ${answer.status}; try again later, or check amocrm.host`);
  }
}

async function checkPbx(pbx: PbxConfig): Promise<Verdict> {
  const counters: AmiCounters = {
    connections: 0,
    deliveredEvents: 0,
    skippedEvents: 0,
    refusedPackets: 0,
    strayResponses: 0,
  };
  const { ami } = pbx;
  const nothing = () => undefined; // no event is asked for
  const connection = await AmiConnection.open(
    {
      ...(await readAmiEndpoint(pbx)),
      username: ami.username,
      secret: ami.secret,
      kinds: new Set(),
      onPacket: nothing,
      onRefused: nothing,
      counters,
      timing: AMI_TIMING,
      clock: systemClock,
    },
    AbortSignal.timeout(2 * PATIENCE_MS),
  );
  try {
    const commands = await connection.action({ Action: "ListCommands" });
    const missing = Object.entries(NEEDED_ACTIONS).filter(([action]) => commands.get(action) === undefined);
    if (missing.length === 0) return well(`logged in as ${ami.username} at ${connection.greeting}`);
    const wishes = missing.map(([action, right]) => `${action} (write right ${right})`).join(", ");
    return amiss(`logged in, but the AMI user ${ami.username} may not do: ${wishes}; give him these rights in the PBX`);
  } finally {
    connection.close();
  }
}

async function checkRecordings(pbx: PbxConfig, { accounts }: Config): Promise<Verdict> {
  const { localDirectory } = pbx.recordings;
  if (localDirectory !== null) {
    if (!(await stat(localDirectory)).isDirectory()) return amiss(`${localDirectory} is no directory`);
    await access(localDirectory, constants.R_OK | constants.X_OK);
  }
  await using stack = new AsyncDisposableStack();
  const sources = await openRecordingSources(pbx, accounts);
  for (const source of sources) stack.use(source);
  if (sources.length === 0) return well("not read: set recordings.localDirectory to put them into amoCRM");
  // Whoever says that there is no such recording can be asked for others.
  for (const source of sources) await source.find({ file: "kommutator-check.wav", startedAt: 0, linkedids: ["0.0"] });
  return well(`can be read (${sources.map(({ name }) => name).join(", ")})`);
}

async function checkRecords(pbx: PbxConfig, { accounts }: Config): Promise<Verdict> {
  const deps = { now: () => systemClock.now(), onUnreadable: () => undefined }; // nothing is read, only found
  await using source = await openCdrSource(pbx, zoneOf(pbx, accounts), deps);
  if (source === undefined)
    return well("not read: set records.kind, and calls that were made while the service was away are found in them");
  await source.read(await source.end());
  return well(`can be read (${pbx.records.kind})`);
}
