import type { Line } from "../packet-text.ts";
import type { Profile } from "../profile.ts";
import type { Channel } from "./channel.ts";
import { Timers } from "./timers.ts";

/** AMI's classes of events; a login sees those that its `read` rights name. */
export type EventClass = "system" | "call" | "agent" | "user" | "reporting" | "cdr" | "dialplan";

export interface PbxEvent {
  readonly name: string;
  readonly eventClass: EventClass;
  readonly lines: readonly Line[];
}

/** What happens is told in order: events to whoever listens on AMI, changes of channels to whoever watches them. */
export class Announcer extends Timers {
  readonly profile: Profile;
  readonly systemName = "mikopbx";
  /** Called for every event, in order. */
  readonly listeners = new Set<(event: PbxEvent) => void>();
  /** Called after a channel was born, changed its state, was bridged or ended. */
  readonly watchers = new Set<(channel: Channel) => void>();

  constructor(profile: Profile, pace: number) {
    super(pace);
    this.profile = profile;
  }

  /** The recorded PBX's typical delay, at this emulator's pace. */
  delay(kind: keyof Profile["delays"]): number {
    return this.paced(this.profile.delays[kind]);
  }

  /** Stops everything at once, without events: the emulator ends. */
  override close(): void {
    super.close();
    this.listeners.clear();
    this.watchers.clear();
  }

  /** `seconds.microseconds` since the epoch, as every event carries it. */
  timestamp(): string {
    return ((performance.timeOrigin + performance.now()) / 1000).toFixed(6);
  }

  emit(name: string, eventClass: EventClass, lines: readonly Line[]): void {
    if (this.closed) return;
    const event: PbxEvent = {
      name,
      eventClass,
      lines: [
        ["Event", name],
        ["Privilege", `${eventClass},all`],
        ["Timestamp", this.timestamp()],
        ["SystemName", this.systemName],
        ...lines,
      ],
    };
    for (const listener of this.listeners) listener(event);
  }

  /** An event about one channel; `more` are the lines after the channel's own. */
  tell(name: string, channel: Channel, more: readonly Line[] = [], eventClass: EventClass = "call"): void {
    this.emit(name, eventClass, [...channel.lines(this.profile), ...more]);
  }

  /** A channel was born, changed its state, was bridged or ended. */
  protected changed(channel: Channel): void {
    for (const watcher of this.watchers) watcher(channel);
  }
}
