/**
 * Watches one PBX: after each (re)connect a snapshot, with the events that come meanwhile kept and applied on top of it,
 * then live. What vanished while the link was down is ended as unseen, never invented.
 */
import { AmiError } from "../ami/ami-error.ts";
import type { AmiPacket } from "../ami/packet.ts";
import type { AmiState } from "../ami/session.ts";
import type { LegEvent, LegId } from "../calls/leg-event.ts";
import type { DeviceState, QueueSeat } from "../calls/presence.ts";
import type { Clock } from "../lib/clock.ts";
import { Listeners } from "../lib/listeners.ts";
import { DEVICE_STATE_EVENTS, DeviceStates, type ExtensionState } from "./device-states.ts";
import { extensionOf } from "./endpoint.ts";
import { FACT_EVENTS, readFact, type Unreadable } from "./facts.ts";
import { Legs } from "./legs.ts";
import { type Askable, type Picture, takePicture } from "./picture.ts";
import type { PbxProfile } from "./profiles.ts";
import { QUEUE_SEAT_EVENTS, QueueSeats } from "./queue-seats.ts";
import { join } from "./snapshot.ts";
import { heardBy, rungBeneath } from "./switchboard.ts";

/** The events that a session must deliver to a watcher. */
export const WATCHED_EVENTS: ReadonlySet<string> = new Set([
  ...FACT_EVENTS,
  ...DEVICE_STATE_EVENTS,
  ...QUEUE_SEAT_EVENTS,
]);

/** What is needed of an AMI session. */
export interface AmiLink extends Askable {
  onPacket(listener: (event: AmiPacket) => void): Disposable;
  onState(listener: (state: AmiState) => void): Disposable;
}

/** What is needed of a tracker. */
export interface LegListener {
  hear(heard: readonly LegEvent[]): void;
  keepOnly(present: ReadonlySet<LegId>, at: number): void;
}

/**
 * `up`: the picture is whole, as far as it can be without what is `lacking` (actions that this PBX or account refuses).
 * A PBX that tells of no channels at all leaves it `blind`: only what comes from now on is seen.
 */
export type Sight =
  | { readonly state: "down"; readonly since: number; readonly error: AmiError | null }
  | { readonly state: "up"; readonly since: number; readonly lacking: readonly string[] }
  | { readonly state: "blind"; readonly since: number; readonly error: AmiError };

export interface PbxWatcherOptions {
  readonly link: AmiLink;
  readonly profile: PbxProfile;
  readonly tracker: LegListener;
  readonly clock: Clock;
}

export class PbxWatcher implements Disposable {
  readonly onSight = new Listeners<Sight>();
  readonly onDeviceState = new Listeners<ExtensionState>();
  /** Told of an extension whose places in queues have changed. */
  readonly onQueueSeats = new Listeners<string>();
  /** Events that lacked what they must have; to be counted. */
  readonly onUnreadable = new Listeners<Unreadable>();

  readonly #options: PbxWatcherOptions;
  readonly #legs: Legs;
  readonly #deviceStates: DeviceStates;
  readonly #queueSeats: QueueSeats;
  readonly #subscriptions: DisposableStack;
  #sight: Sight;
  /** Events that wait for the snapshot; undefined: live. */
  #held: AmiPacket[] | undefined = [];
  /** Counts connections, so that a snapshot of a lost one is not taken for the new one's. */
  #connection = 0;

  constructor(options: PbxWatcherOptions) {
    this.#options = options;
    this.#legs = new Legs(options.profile);
    this.#deviceStates = new DeviceStates(options.profile);
    this.#queueSeats = new QueueSeats(options.profile);
    this.#sight = { state: "down", since: options.clock.now(), error: null };
    this.#subscriptions = new DisposableStack();
    this.#subscriptions.use(options.link.onState((state) => this.#linkChanged(state)));
    this.#subscriptions.use(options.link.onPacket((packet) => this.#take(packet)));
  }

  get sight(): Sight {
    return this.#sight;
  }

  /** Name of a leg's channel, for actions on it; undefined when it is gone. */
  channelOf(leg: LegId): string | undefined {
    return this.#legs.switchboard.find(leg)?.facts.name;
  }

  /** Names of the phones' channels behind a leg: its own, or those that ring beneath a Local channel. */
  phonesBehind(leg: LegId): readonly string[] {
    const channel = this.#legs.switchboard.find(leg);
    return channel ? rungBeneath(channel).map(({ facts }) => facts.name) : [];
  }

  /** Somebody is heard on this leg, as the PBX's last event has it: earlier than calls are told. */
  isInTalk(leg: LegId): boolean {
    const channel = this.#legs.switchboard.find(leg);
    return channel !== undefined && heardBy(channel).length > 0;
  }

  /** Names of the channels by which other devices of the same number ring for whoever this leg rings for. */
  otherDevices(leg: LegId): readonly string[] {
    const channel = this.#legs.switchboard.find(leg);
    const { profile } = this.#options;
    const extension = channel && extensionOf(channel.facts.name, profile);
    if (extension == null) return [];
    return [...(channel?.dialler?.dials ?? [])].flatMap(({ uniqueid, isDialled, facts: { name } }) =>
      isDialled && uniqueid !== leg && extensionOf(name, profile) === extension ? [name] : [],
    );
  }

  /** Names of the channels that share a bridge with a leg's. */
  bridgedWith(leg: LegId): readonly string[] {
    const channel = this.#legs.switchboard.find(leg);
    return [...(channel?.bridge?.members ?? [])].flatMap((mate) => (mate === channel ? [] : mate.facts.name));
  }

  deviceStateOf(extension: string): DeviceState {
    return this.#deviceStates.of(extension);
  }

  /** The queues in which an extension sits, and whether it takes a break there. */
  queueSeatsOf(extension: string): readonly QueueSeat[] {
    return this.#queueSeats.of(extension);
  }

  [Symbol.dispose](): void {
    this.#subscriptions.dispose();
  }

  #linkChanged(state: AmiState): void {
    if (state.state === "up") {
      this.#held = [];
      void this.#join(++this.#connection);
    } else {
      this.#connection++;
      this.#held = [];
      const error = state.state === "down" ? state.error : null;
      this.#see({ state: "down", since: this.#options.clock.now(), error });
    }
  }

  #take(packet: AmiPacket): void {
    if (this.#held) this.#held.push(packet);
    else this.#hear(packet);
  }

  async #join(connection: number): Promise<void> {
    const { link, clock } = this.#options;
    try {
      const picture = await takePicture(link, () => clock.now());
      if (connection !== this.#connection) return;
      this.#begin(picture);
      for (const state of picture.phones) this.#hearDeviceState(state);
      for (const extension of this.#queueSeats.begin(picture.queues)) this.onQueueSeats.tell(extension);
      this.#goLive();
      this.#see({ state: "up", since: clock.now(), lacking: picture.lacking });
    } catch (error) {
      if (connection !== this.#connection) return;
      if (!(error instanceof AmiError)) throw error;
      // A link that was lost comes up again and asks again; here the PBX itself refused.
      this.#legs.clear(clock.now());
      this.#goLive();
      this.#see({ state: "blind", since: clock.now(), error });
    }
  }

  #begin(picture: Picture): void {
    const { tracker } = this.#options;
    const { heard, present } = join(this.#legs, picture);
    tracker.hear(heard);
    tracker.keepOnly(present, picture.at);
  }

  #goLive(): void {
    const held = this.#held ?? [];
    this.#held = undefined;
    for (const packet of held) this.#hear(packet);
  }

  #hear(packet: AmiPacket): void {
    const event = packet.get("Event") ?? "";
    if (DEVICE_STATE_EVENTS.has(event)) {
      this.#hearDeviceState(packet);
      return;
    }
    if (QUEUE_SEAT_EVENTS.has(event)) {
      const extension = this.#queueSeats.hear(packet);
      if (extension !== null) this.onQueueSeats.tell(extension);
      return;
    }
    const fact = readFact(packet, this.#options.clock.now());
    if (fact === undefined) return;
    if (fact.type === "unreadable") this.onUnreadable.tell(fact);
    else {
      const heard = this.#legs.hear(fact);
      if (heard.length > 0) this.#options.tracker.hear(heard);
    }
  }

  #hearDeviceState(packet: AmiPacket): void {
    const told = this.#deviceStates.hear(packet);
    if (told !== null) this.onDeviceState.tell(told);
  }

  #see(sight: Sight): void {
    if (sight.state === "down" && this.#sight.state === "down" && this.#sight.error === sight.error) return;
    this.#sight = sight;
    this.onSight.tell(sight);
  }
}
