/**
 * Joining in mid-call and after a gap: first what there is, then what comes, and what vanished is ended. The PBX's part
 * is played by a recording of one that was asked `CoreShowChannels` in the middle of two calls (capture 26).
 */
import { afterEach, expect, test } from "vitest";
import { packetsOf, readCaptures } from "../../test/capture-files.ts";
import { AmiError } from "../ami/ami-error.ts";
import { AmiPacket } from "../ami/packet.ts";
import type { AmiState } from "../ami/session.ts";
import type { Card } from "../calls/call.ts";
import { cardsOf } from "../calls/cards.ts";
import { LiveCalls } from "../calls/live-calls.ts";
import { Listeners } from "../lib/listeners.ts";
import { profiles } from "./profiles.ts";
import { type AmiLink, PbxWatcher, type Sight } from "./watcher.ts";

const UP: AmiState = { state: "up", missedSince: null, greeting: "Asterisk Call Manager/11.0.0" };

const [beforeGap = [], afterGap = []] = (
  readCaptures().find(({ name }) => name === "26-ami-reconnect-in-mid-call")?.streams ?? []
).map(packetsOf);
const listed = afterGap.filter((packet) => packet.get("Event") === "CoreShowChannel");
const live = afterGap.slice(afterGap.findIndex((packet) => packet.get("Event") === "ParkedCallsComplete") + 1);

/** A link whose packets and states the test says; the lists are answered when it lets them be. */
class ScriptedLink implements AmiLink {
  readonly packets = new Listeners<AmiPacket>();
  readonly states = new Listeners<AmiState>();
  channels: readonly AmiPacket[] = [];
  statuses: readonly AmiPacket[] = [];
  hints: readonly AmiPacket[] = [];
  /** To these actions; to all when there are none. */
  refusal: AmiError | undefined;
  refused: readonly string[] = [];
  /** Awaited before the list of channels is given. */
  ready: Promise<void> = Promise.resolve();

  onPacket(listener: (event: AmiPacket) => void): Disposable {
    return this.packets.add(listener);
  }

  onState(listener: (state: AmiState) => void): Disposable {
    return this.states.add(listener);
  }

  async action(): Promise<AmiPacket> {
    return new AmiPacket("Response: Success\r\nPing: Pong\r\nTimestamp: 1795866000.5");
  }

  async list(fields: Readonly<Record<string, string>>): Promise<AmiPacket[]> {
    await this.ready;
    const action = fields["Action"] ?? "";
    if (this.refusal && (this.refused.length === 0 || this.refused.includes(action))) throw this.refusal;
    const lists: Record<string, readonly AmiPacket[]> = {
      CoreShowChannels: this.channels,
      Status: this.statuses,
      ExtensionStateList: this.hints,
    };
    return [...(lists[action] ?? [])];
  }
}

let watcher: PbxWatcher | undefined;
afterEach(() => watcher?.[Symbol.dispose]());

function watch(link: ScriptedLink) {
  const calls = new LiveCalls("office");
  const ended: string[] = [];
  const note = (entries: ReturnType<LiveCalls["hear"]>) => {
    for (const { event, call } of entries)
      if (event.type === "call-ended") ended.push(`${call.client} ${call.disposition}`);
  };
  watcher = new PbxWatcher({
    link,
    profile: profiles.asterisk,
    tracker: {
      hear: (heard) => note(heard.flatMap((event) => calls.hear(event))),
      keepOnly: (present, at) => note(calls.keepOnly(present, at)),
    },
    clock: { now: () => 0 },
  });
  const cards = () => calls.live().flatMap(cardsOf).map(inWords).sort();
  return { watcher, calls, ended, cards };
}

const inWords = ({ extension, state, peer }: Card) => `${extension} ${state} ${peer}`;

function sightOf(watched: PbxWatcher, state: Sight["state"]): Promise<Sight> {
  const { promise, resolve } = Promise.withResolvers<Sight>();
  const listening = watched.onSight.add((sight) => {
    if (sight.state !== state) return;
    listening[Symbol.dispose]();
    resolve(sight);
  });
  return promise;
}

test("joins in the middle of two calls: who rings, who talks, with whom, on which line", async () => {
  const link = new ScriptedLink();
  link.channels = listed;
  const { watcher, cards, calls } = watch(link);
  const up = sightOf(watcher, "up");
  link.states.tell(UP);
  await up;
  expect(cards()).toEqual([
    "201 ringing 79007654321",
    "201 talking 79001234567",
    "203 ringing 79007654321",
    "204 ringing 79007654321",
  ]);
  expect(calls.live().map((story) => story.partial)).toEqual([true, true]);
  for (const packet of live) link.packets.tell(packet);
  expect(calls.live()).toEqual([]);
});

test("what comes while the snapshot is being made is applied on top of it", async () => {
  const link = new ScriptedLink();
  const snapshot = Promise.withResolvers<void>();
  link.ready = snapshot.promise;
  link.channels = listed;
  const { watcher, cards, ended } = watch(link);
  const up = sightOf(watcher, "up");
  link.states.tell(UP);
  for (const packet of live) link.packets.tell(packet);
  expect(cards()).toEqual([]);
  snapshot.resolve();
  await up;
  expect(ended.sort()).toEqual(["79001234567 answered", "79007654321 answered"]);
});

test("a call goes on over a gap, and the one that began in it is found", async () => {
  const link = new ScriptedLink();
  const { watcher, cards, ended, calls } = watch(link);
  const firstUp = sightOf(watcher, "up");
  link.states.tell(UP);
  await firstUp;
  for (const packet of beforeGap) link.packets.tell(packet);
  expect(cards()).toEqual(["201 talking 79001234567"]);

  link.states.tell({ state: "down", error: new AmiError("ami/link-lost") });
  expect(watcher.sight.state).toBe("down");
  link.channels = listed;
  const secondUp = sightOf(watcher, "up");
  link.states.tell(UP);
  await secondUp;
  expect(ended).toEqual([]);
  expect(calls.live().map((story) => story.partial)).toEqual([false, true]);
});

test("a call that ended in the gap is ended, as seen in part", async () => {
  const link = new ScriptedLink();
  const { watcher, ended } = watch(link);
  const firstUp = sightOf(watcher, "up");
  link.states.tell(UP);
  await firstUp;
  for (const packet of beforeGap) link.packets.tell(packet);
  link.states.tell({ state: "down", error: new AmiError("ami/link-lost") });
  const secondUp = sightOf(watcher, "up");
  link.states.tell(UP);
  await secondUp;
  expect(ended).toEqual(["79001234567 answered"]);
});

test("a PBX that refuses the snapshot is watched from then on, and that is said", async () => {
  const link = new ScriptedLink();
  link.refusal = new AmiError("ami/permission-denied");
  const { watcher, cards } = watch(link);
  const blind = sightOf(watcher, "blind");
  link.states.tell(UP);
  expect(await blind).toMatchObject({ error: { code: "ami/permission-denied" } });
  for (const packet of beforeGap) link.packets.tell(packet);
  expect(cards()).toEqual(["201 talking 79001234567"]);
});

test("what the PBX refuses to list is told apart, and the rest is used", async () => {
  const link = new ScriptedLink();
  link.channels = listed;
  link.refusal = new AmiError("ami/permission-denied");
  link.refused = ["Status", "BridgeList", "QueueStatus", "ParkedCalls", "ExtensionStateList", "DeviceStateList"];
  const { watcher, cards } = watch(link);
  const up = sightOf(watcher, "up");
  link.states.tell(UP);
  // That there are no device states is nothing to speak of.
  expect(await up).toMatchObject({ lacking: link.refused.slice(0, -1) });
  expect(cards()).toHaveLength(4);
});

test("a PBX that lists no channels is asked for their status", async () => {
  const link = new ScriptedLink();
  link.statuses = afterGap.filter((packet) => packet.get("Event") === "Status");
  link.refusal = new AmiError("ami/unknown-action");
  link.refused = ["CoreShowChannels"];
  const { watcher, cards } = watch(link);
  const up = sightOf(watcher, "up");
  link.states.tell(UP);
  expect(await up).toMatchObject({ lacking: ["CoreShowChannels"] });
  expect(cards()).toEqual([
    "201 ringing 79007654321",
    "201 talking 79001234567",
    "203 ringing 79007654321",
    "204 ringing 79007654321",
  ]);
});

test("the channel of a leg is known while it lives", async () => {
  const link = new ScriptedLink();
  link.channels = listed;
  const { watcher } = watch(link);
  const up = sightOf(watcher, "up");
  link.states.tell(UP);
  await up;
  const row = listed.find((packet) => packet.get("Channel")?.startsWith("PJSIP/203-"));
  const leg = row?.get("Uniqueid") ?? "";
  expect(watcher.channelOf(leg)).toBe(row?.get("Channel"));
  for (const packet of live) link.packets.tell(packet);
  expect(watcher.channelOf(leg)).toBeUndefined();
});

test("hints tell the state of phones, and those of queues and rooms are left out", async () => {
  const hint = (exten: string, status: number, phone = `PJSIP/${exten}`) =>
    new AmiPacket(
      `Event: ExtensionStatus\r\nExten: ${exten}\r\nContext: internal-hints\r\nHint: ${phone}\r\nStatus: ${status}`,
    );
  const link = new ScriptedLink();
  link.hints = [hint("201", 0, "PJSIP/201&Custom:201"), hint("202", 4), hint("2210", 0, "Custom:2210")];
  const { watcher } = watch(link);
  const told: string[] = [];
  watcher.onDeviceState.add(({ extension, state }) => told.push(`${extension} ${state}`));
  const up = sightOf(watcher, "up");
  link.states.tell(UP);
  await up;
  // MikoPBX says Busy from the first ring on; other PBXes in use, ringing, on hold.
  for (const status of [2, 8, 16, 1, 0, 4, -1]) link.packets.tell(hint("201", status));
  expect(told).toEqual(["201 free", "202 offline", "201 busy", "201 free", "201 offline", "201 unknown"]);
  expect(watcher.deviceStateOf("202")).toBe("offline");
  expect(watcher.deviceStateOf("2210")).toBe("unknown");
});
