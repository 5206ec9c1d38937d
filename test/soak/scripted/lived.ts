/**
 * A call as the phones lived it: who rang and answered is the script's, every time is from the phones' own logs.
 * What the words mean stands in `test/captures/README.md`.
 */
import type { Call as ToldCall } from "../../../src/calls/call.ts";
import type { Call } from "../../lab/sip/call.ts";

/**
 * Between a phone's doing and the PBX's telling of it lies the dialplan: announcements, waits and the optimisation of
 * Local channels take up to 0.25 s on an idle machine.
 */
const SECONDS_APART = 0.3;

const TALKED: ReadonlySet<string> = new Set(["answered", "transferred-away"]);

export type Transferred = `${string} ${string}→${string} ${string}`;

export interface Lived {
  readonly direction: ToldCall["direction"];
  readonly client: string | null;
  readonly did: string | null;
  readonly queue: string | null;
  readonly disposition: ToldCall["disposition"];
  readonly endedBy: string | null;
  /** In any order: extension → result. */
  readonly employees: Readonly<Record<string, string>>;
  readonly transfers?: readonly Transferred[];
  readonly times: LivedTimes;
}

export interface LivedTimes {
  /** When the caller dialled, or clicked. */
  readonly startedAt: number;
  /** The client's calls; of an internal call those of the one who is called. */
  readonly far: readonly Call[];
  /** Each employee's calls, by extension. */
  readonly near: Readonly<Record<string, readonly Call[]>>;
  /** When somebody had handed the call over, though his phone was released later (REFER, parking). */
  readonly leftAt?: Readonly<Record<string, number>>;
}

/**
 * How the told call differs from the lived one, in words; none: it is right.
 * @param unseenSeconds for so long nothing could be seen or done, so that moments may be dated that much later
 */
export function differences(lived: Lived, told: ToldCall, unseenSeconds = 0, partial = false): string[] {
  const found: string[] = [];
  const same = (what: string, wanted: unknown, is: unknown) => {
    const [one, other] = [JSON.stringify(wanted), JSON.stringify(is)];
    if (one !== other) found.push(`${what}: ${other}, not ${one}`);
  };
  const near = (what: string, wanted: number, is: number) => {
    if (Math.abs(wanted - is) > SECONDS_APART + unseenSeconds) found.push(`${what}: ${is} s, not ${wanted} s`);
  };
  same("direction", lived.direction, told.direction);
  same("client", lived.client, told.client);
  same("did", lived.did, told.did);
  same("queue", lived.queue, told.queue);
  same("disposition", lived.disposition, told.disposition);
  same("endedBy", lived.endedBy, told.endedBy);
  // Why a phone fell silent while nothing could be seen is not known; that its owner talked, or did not, is.
  const word = (result: string) => (partial && !TALKED.has(result) ? "did not talk" : result);
  const results = told.employees.map(({ extension, result }) => [extension, word(result)] as const);
  const wanted = Object.entries(lived.employees).map(([extension, result]) => [extension, word(result)] as const);
  same("employees", [...wanted].sort(), [...results].sort());
  const transfers = told.transfers.map(({ kind, by, to, result }) => `${kind} ${by}→${to} ${result}`);
  same("transfers", lived.transfers ?? [], transfers);
  same("doubts", [], told.doubts);
  same("partial", partial, told.partial);
  const { answeredAt, talkSeconds } = talkOf(lived.times);
  near("talk", talkSeconds, told.talkSeconds);
  if (answeredAt !== null) near("ring", (answeredAt - lived.times.startedAt) / 1000, told.ringSeconds);
  for (const { extension, talkSeconds: is } of told.employees) {
    const calls = lived.times.near[extension] ?? [];
    near(`talk of ${extension}`, employeeTalk(calls, answeredAt, lived.times.leftAt?.[extension]), is);
  }
  return found;
}

/** Both sides had picked up from the later of the first answers to the earlier of the last ends. */
function talkOf({ far, near }: LivedTimes): { answeredAt: number | null; talkSeconds: number } {
  const colleagues = Object.values(near).flat().filter(answered);
  const outside = far.filter(answered);
  if (colleagues.length === 0 || outside.length === 0) return { answeredAt: null, talkSeconds: 0 };
  const answeredAt = Math.max(first(colleagues), first(outside));
  return { answeredAt, talkSeconds: (Math.min(last(colleagues), last(outside)) - answeredAt) / 1000 };
}

/** When the last phone was released. */
export function livedUntil({ far, near }: LivedTimes): number {
  return last([...far, ...Object.values(near).flat()]);
}

/** Two lines at once count once. */
function employeeTalk(calls: readonly Call[], answeredAt: number | null, leftAt = Number.POSITIVE_INFINITY): number {
  if (answeredAt === null) return 0;
  const talks = calls
    .filter(answered)
    .map((call) => ({
      from: Math.max(call.times.talking ?? 0, answeredAt),
      to: Math.min(call.times.ended ?? 0, leftAt),
    }))
    .sort((one, other) => one.from - other.from);
  let total = 0;
  let until = 0;
  for (const { from, to } of talks) {
    total += Math.max(0, to - Math.max(from, until));
    until = Math.max(until, to);
  }
  return total / 1000;
}

const answered = (call: Call) => call.times.talking !== undefined;
const first = (calls: readonly Call[]) => Math.min(...calls.map(({ times }) => times.talking ?? Number.NaN));
const last = (calls: readonly Call[]) => Math.max(...calls.map(({ times }) => times.ended ?? Number.NaN));
