/** Commands on a real Asterisk with real SIP phones: what the desk tells is what the phones lived. */
import { afterAll, afterEach, beforeAll, expect, test } from "vitest";
import { AmiSession } from "../../src/ami/session.ts";
import type { CallJournal } from "../../src/calls/journal.ts";
import { Tracker } from "../../src/calls/tracker.ts";
import type { PhoneCommand, PhoneOutcome } from "../../src/control/command.ts";
import { CommandDesk } from "../../src/control/command-desk.ts";
import type { Employee } from "../../src/directory/directory.ts";
import { systemClock } from "../../src/lib/clock.ts";
import { Listeners } from "../../src/lib/listeners.ts";
import { DIAL_RECIPES, type DialRecipe } from "../../src/pbx/dial-recipes.ts";
import { AmiPhoneControl, PHONE_CONTROL_EVENTS } from "../../src/pbx/phone-control.ts";
import { profiles } from "../../src/pbx/profiles.ts";
import { PbxWatcher, WATCHED_EVENTS } from "../../src/pbx/watcher.ts";
import { type Lab, startLab } from "../lab/lab.ts";
import type { Phone } from "../lab/phone.ts";
import type { Provider } from "../lab/provider.ts";
import { when } from "../lab/wait.ts";
import { describeNeeding } from "../needs.ts";

const CLIENT = "79001234567";
const RING_SECONDS = 3;
const WITHIN_MS = 20_000;

const journal: CallJournal = { append: async () => undefined, liveCalls: async () => [] };
const employee: Employee = { name: "201", department: null, userId: 1, extensions: ["201"], manager: false };
const absent: Employee = { name: "203", department: null, userId: 2, extensions: ["203"], manager: false };

describeNeeding("asterisk", "commands on a real PBX", () => {
  let lab: Lab;
  let provider: Provider;
  let phone: Phone;
  let session: AmiSession;
  let watcher: PbxWatcher;
  let tracker: Tracker;
  let desk: CommandDesk;
  const outcomesOf = new Map<string, PhoneOutcome[]>();
  const told = new Listeners<void>();

  beforeAll(async () => {
    lab = await startLab();
    [provider, phone] = await Promise.all([lab.provider().start(), lab.phone("201").start()]);
    session = new AmiSession({
      ...lab.ami,
      eventMask: "call,reporting,agent,user,system,originate",
      kinds: new Set([...WATCHED_EVENTS, ...PHONE_CONTROL_EVENTS]),
      clock: systemClock,
    });
    tracker = new Tracker({ pbx: "lab", journal });
    watcher = new PbxWatcher({ link: session, profile: profiles.mikopbx, tracker, clock: systemClock });
    tracker.onChange.add((entries) => {
      for (const { call } of entries) desk.onChange(call);
      told.tell();
    });
    session.start();
    await when(watcher.onSight, () => watcher.sight.state === "up" || undefined, {
      what: "the PBX is seen",
      ms: WITHIN_MS,
    });
  });

  afterEach(async () => {
    desk[Symbol.dispose]();
    phone.policy = "ring";
    provider.plan.clear();
    await expect.poll(() => lab.asterisk.console("core show channels concise"), { timeout: WITHIN_MS }).toBe("");
  });

  afterAll(async () => {
    await session?.[Symbol.asyncDispose]();
    watcher?.[Symbol.dispose]();
    await lab?.[Symbol.asyncDispose]();
  });

  function openDesk(recipe: DialRecipe): void {
    const ringSeconds = RING_SECONDS;
    const channelOf = (legId: string) => watcher.channelOf(legId);
    const phoneControl = new AmiPhoneControl({ session, recipe, ringSeconds, channelOf });
    desk = new CommandDesk({ phoneControl, calls: tracker, clock: systemClock, ringSeconds });
  }

  function run(command: PhoneCommand, by = employee): string {
    const id = crypto.randomUUID();
    const outcomes: PhoneOutcome[] = [];
    outcomesOf.set(id, outcomes);
    desk.run({ by, id, command }, (outcome) => {
      outcomes.push(outcome);
      told.tell();
    });
    return id;
  }

  /** The command's outcome when it is over. */
  function end(id: string): Promise<PhoneOutcome> {
    const last = () => outcomesOf.get(id)?.findLast(({ state }) => state !== "sent");
    return when(told, last, { what: "the command is over", ms: WITHIN_MS });
  }

  const dial = (): PhoneCommand => ({ kind: "dial", number: CLIENT });

  async function hangUp(): Promise<PhoneCommand> {
    const card = () => tracker.live().flatMap(({ cards }) => cards)[0];
    const { callId, legId } = await when(told, card, { what: "a card of 201", ms: WITHIN_MS });
    return { kind: "hang-up", callId, legId };
  }

  const recipes = {
    mikopbx: DIAL_RECIPES.mikopbx,
    asterisk: { ...DIAL_RECIPES.asterisk, context: "all_peers" },
  };

  for (const [name, recipe] of Object.entries(recipes)) {
    const begin = () => openDesk(recipe);

    test(`${name}: the own phone shows the client, the client rings after its answer, hang-up ends both`, async () => {
      begin();
      const dialled = run(dial());
      const own = await phone.waitCall();
      expect(own.remoteNumber).toBe(CLIENT);
      expect(provider.calls.some(({ state }) => state !== "ended")).toBe(false);
      own.answer();
      const client = await provider.waitCall();
      expect(outcomesOf.get(dialled)).toEqual([{ state: "sent" }]);
      client.answer();
      expect(await end(dialled)).toEqual({ state: "done" });
      await Promise.all([own.untilHears(provider.tone), client.untilHears(phone.tone)]);
      expect(await end(run(await hangUp()))).toEqual({ state: "done" });
      await Promise.all([own.waitEnd(), client.waitEnd()]);
    });

    test(`${name}: nobody picks up the own phone`, async () => {
      begin();
      expect(await end(run(dial()))).toEqual({ state: "refused", reason: "own-phone-no-answer" });
    });

    test(`${name}: the own phone is declined`, async () => {
      begin();
      phone.policy = { rejectAfterMs: 200, code: 486 };
      expect(await end(run(dial()))).toEqual({ state: "refused", reason: "own-phone-rejected" });
    });

    test(`${name}: no own phone is registered`, async () => {
      begin();
      expect(await end(run(dial(), absent))).toEqual({ state: "refused", reason: "own-phone-offline" });
    });

    test(`${name}: the client is busy`, async () => {
      begin();
      phone.policy = { answerAfterMs: 100 };
      provider.plan.set(CLIENT, { rejectAfterMs: 200, code: 486 });
      expect(await end(run(dial()))).toEqual({ state: "refused", reason: "client-busy" });
    });

    test(`${name}: the provider does not know the number, which Asterisk tells like an unanswered call`, async () => {
      begin();
      phone.policy = { answerAfterMs: 100 };
      provider.plan.set(CLIENT, { rejectAfterMs: 200, code: 404 });
      expect(await end(run(dial()))).toEqual({ state: "refused", reason: "client-no-answer" });
    });

    test(`${name}: the PBX has no way to the number`, async () => {
      begin();
      phone.policy = { answerAfterMs: 100 };
      expect(await end(run({ kind: "dial", number: "12345" }))).toEqual({ state: "refused", reason: "no-route" });
    });

    test(`${name}: cancelled in the panel while the own phone rings`, async () => {
      begin();
      const dialled = run(dial());
      const own = await phone.waitCall();
      const hungUp = run(await hangUp());
      expect(await end(dialled)).toEqual({ state: "refused", reason: "cancelled" });
      expect(await end(hungUp)).toEqual({ state: "done" });
      await own.waitEnd();
    });

    test(`${name}: cancelled in the panel while the client rings`, async () => {
      begin();
      phone.policy = { answerAfterMs: 100 };
      const dialled = run(dial());
      const client = await provider.waitCall();
      const hungUp = run(await hangUp());
      expect(await end(dialled)).toEqual({ state: "refused", reason: "cancelled" });
      expect(await end(hungUp)).toEqual({ state: "done" });
      await client.waitEnd();
    });
  }

  test("a ringing client's call is declined by its own leg only", async () => {
    openDesk(DIAL_RECIPES.mikopbx);
    const client = provider.call({ from: CLIENT, did: "74950003346" }); // rings 201, 203 and 204 at once
    const own = await phone.waitCall();
    const decline = await hangUp();
    expect(await end(run(decline, absent))).toEqual({ state: "refused", reason: "not-your-leg" });
    expect(await end(run(decline))).toEqual({ state: "done" });
    await own.waitEnd();
    client.hangup();
  });
});
