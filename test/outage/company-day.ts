/** An hour in a small company, told before it happens: who calls whom, and how it ends. The same seed, the same hour. */
import { setTimeout as pause } from "node:timers/promises";
import type { Direction, Disposition } from "../../src/calls/call.ts";
import type { TestCall, TestPbx } from "../stage/pbx.ts";

/** A call as somebody in the room would tell it. */
export interface CallTruth {
  readonly direction: Direction;
  /** A number that calls, or is called, once only. */
  readonly client: string | null;
  readonly did: string | null;
  readonly disposition: Disposition;
  /** Who talked. */
  readonly employees: readonly string[];
}

/** Long enough to be told from nothing where records count whole seconds. */
const TALK_MS = 1_300;
const RING_MS = 1_100;

const MAIN_LINE = "74950003344";
const QUEUE_LINE = "74950003345";
const MEMBERS = ["201", "202", "203"];

type Play = (pbx: TestPbx, client: string) => Promise<CallTruth>;

const PLAYS: readonly Play[] = [answered, missed, queued, outbound, busy, internal];

/** @param first number of the first client; each further call has the next one */
export async function playCalls(pbx: TestPbx, count: number, seed: number, first: number): Promise<CallTruth[]> {
  const random = seeded(seed);
  const truths: CallTruth[] = [];
  // Each kind as often as the others, in an order of its own.
  const plays = Array.from({ length: count }, (_, at) => ({ play: PLAYS[at % PLAYS.length], order: random() }));
  plays.sort((one, two) => one.order - two.order);
  for (const [at, { play = answered }] of plays.entries()) truths.push(await play(pbx, String(first + at)));
  return truths;
}

async function answered(pbx: TestPbx, client: string): Promise<CallTruth> {
  const desk = await pbx.phone("201");
  const theirs = await pbx.clientCalls({ from: client, did: MAIN_LINE });
  const ours = await desk.waitCall();
  await ours.answer();
  await Promise.all([theirs.untilTalking(), ours.untilTalking()]);
  await pause(TALK_MS);
  await hangUp(theirs, ours);
  return { direction: "inbound", client, did: MAIN_LINE, disposition: "answered", employees: ["201"] };
}

/** A call that may outlive whatever else happens meanwhile. */
export interface OpenCall {
  readonly truth: CallTruth;
  /** Ends it, when it has lasted for a while. */
  end(): Promise<void>;
}

/** 202 talks to a client whom he called. */
export async function beginTalk(pbx: TestPbx, client: string): Promise<OpenCall> {
  const ours = await (await pbx.phone("202")).dial(client);
  const theirs = await pbx.waitAtClient(client);
  await theirs.answer();
  await Promise.all([ours.untilTalking(), theirs.untilTalking()]);
  return {
    truth: { direction: "outbound", client, did: null, disposition: "answered", employees: ["202"] },
    end: async () => {
      await pause(TALK_MS);
      await hangUp(ours, theirs);
    },
  };
}

/** A client calls, and 201 rings. */
export async function beginRinging(pbx: TestPbx, client: string): Promise<OpenCall> {
  const desk = await pbx.phone("201");
  const theirs = await pbx.clientCalls({ from: client, did: MAIN_LINE });
  const ours = await desk.waitCall();
  return {
    truth: { direction: "inbound", client, did: MAIN_LINE, disposition: "missed", employees: [] },
    end: async () => {
      await pause(RING_MS);
      await hangUp(theirs, ours);
    },
  };
}

async function missed(pbx: TestPbx, client: string): Promise<CallTruth> {
  const call = await beginRinging(pbx, client);
  await call.end();
  return call.truth;
}

async function queued(pbx: TestPbx, client: string): Promise<CallTruth> {
  const members = await Promise.all(MEMBERS.map((extension) => pbx.phone(extension)));
  const theirs = await pbx.clientCalls({ from: client, did: QUEUE_LINE });
  const ringing = await Promise.all(members.map((member) => member.waitCall()));
  const ours = ringing.at(-1);
  if (ours === undefined) throw new Error("the queue has no members");
  await ours.answer();
  await ours.untilTalking();
  await Promise.all(ringing.slice(0, -1).map((each) => each.untilEnded()));
  await pause(TALK_MS);
  await hangUp(ours, theirs);
  return { direction: "inbound", client, did: QUEUE_LINE, disposition: "answered", employees: ["203"] };
}

async function outbound(pbx: TestPbx, client: string): Promise<CallTruth> {
  const talk = await beginTalk(pbx, client);
  await talk.end();
  return talk.truth;
}

async function busy(pbx: TestPbx, client: string): Promise<CallTruth> {
  const ours = await (await pbx.phone("202")).dial(client);
  const theirs = await pbx.waitAtClient(client);
  await theirs.refuse();
  await ours.untilEnded();
  return { direction: "outbound", client, did: null, disposition: "busy", employees: [] };
}

async function internal(pbx: TestPbx): Promise<CallTruth> {
  const called = await pbx.phone("203");
  const ours = await (await pbx.phone("202")).dial("203");
  const theirs = await called.waitCall();
  await theirs.answer();
  await Promise.all([ours.untilTalking(), theirs.untilTalking()]);
  await pause(TALK_MS);
  await hangUp(ours, theirs);
  return { direction: "internal", client: null, did: null, disposition: "answered", employees: ["202", "203"] };
}

/** One hangs up; the call is over when the other one knows it, too. */
async function hangUp(one: TestCall, other: TestCall): Promise<void> {
  await one.hangUp();
  await Promise.all([one.untilEnded(), other.untilEnded()]);
}

/** Mulberry32: small, and the same everywhere. */
function seeded(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}
