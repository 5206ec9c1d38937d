import type { Channel, Thread } from "../exchange/channel.ts";
import { Dial } from "../exchange/dial.ts";
import type { Line } from "../packet-text.ts";
import type { Dialplan } from "./dialplan.ts";

export interface QueueMember {
  readonly extension: string;
  callsTaken: number;
  /** Epoch seconds of the last talk's end; 0 = none yet. */
  lastCall: number;
}

/** The company's call queue: music for the caller, all free members ring together, `Local/<ext>@internal/n` each (captures m07, m07b, m07d). */
export class CallQueue {
  readonly #dialplan: Dialplan;
  readonly members: readonly QueueMember[];
  readonly #waiting = new Set<Channel>();
  completed = 0;
  abandoned = 0;

  constructor(dialplan: Dialplan) {
    this.#dialplan = dialplan;
    this.members = dialplan.company.queue.members.map((extension) => ({ extension, callsTaken: 0, lastCall: 0 }));
  }

  get name(): string {
    return this.#dialplan.profile.queueName;
  }

  get callers(): number {
    return this.#waiting.size;
  }

  /** Queue() on a channel: until a member answers, the caller leaves, or nobody came in time. */
  async serve(channel: Channel, thread: Thread): Promise<void> {
    const { exchange, company, profile } = this.#dialplan;
    if (profile.queueBehindLocal) channel.at("internal", company.queue.extension, 8);
    else channel.at("queues", this.name, 2);
    await exchange.wait(thread, exchange.delay("queue"));
    exchange.answer(channel);
    await exchange.wait(thread, exchange.delay("queue"));
    channel.application = "Queue";
    channel.applicationData = this.name;
    channel.set("QUEUE_SRC_CHAN", channel.variables.get("FROM_CHAN") ?? channel.name, true);
    this.#waiting.add(channel);
    const joined = Date.now();
    const count = (): readonly Line[] => [
      ["Queue", this.name],
      ["Position", 1],
      ["Count", this.#waiting.size],
    ];
    exchange.tell("QueueCallerJoin", channel, count(), "agent");
    exchange.startMusic(channel);
    let leg: Channel | undefined;
    try {
      leg = await this.#offer(channel, thread, joined);
    } finally {
      exchange.stopMusic(channel);
      this.#waiting.delete(channel);
      if (!leg) {
        this.abandoned += 1;
        const waited = Math.round((Date.now() - joined) / 1000);
        exchange.tell(
          "QueueCallerAbandon",
          channel,
          [
            ["Queue", this.name],
            ["Position", 1],
            ["OriginalPosition", 1],
            ["HoldTime", waited],
          ],
          "agent",
        );
      }
      exchange.tell("QueueCallerLeave", channel, count(), "agent");
    }
    if (!leg) {
      channel.hangupCause = 19;
      return;
    }
    await this.#connect(channel, thread, leg, joined);
  }

  /** Rounds of ringing; undefined when the caller waited in vain. */
  async #offer(channel: Channel, thread: Thread, joined: number): Promise<Channel | undefined> {
    const { exchange, company } = this.#dialplan;
    while (Date.now() - joined < company.queue.timeoutSeconds * 1000) {
      const dial = new Dial(exchange, channel, {
        single: false,
        order: "queue",
        onLegLost: (leg, ringMilliseconds) =>
          exchange.emit("AgentRingNoAnswer", "agent", [...this.#lines(channel, leg), ["RingTime", ringMilliseconds]]),
      });
      for (const { extension } of this.members) {
        const phone = this.#dialplan.phones.get(extension);
        if (phone?.registered && !phone.busy) this.#call(channel, dial, extension);
      }
      if (dial.ringingLegs.length > 0) {
        const result = await dial.wait(thread, company.queue.ringSeconds * 1000);
        if (result.leg) return result.leg;
      }
      await exchange.wait(thread, company.queue.retrySeconds * 1000);
    }
    return undefined;
  }

  #call(channel: Channel, dial: Dial, extension: string): void {
    const { exchange } = this.#dialplan;
    const [one, two] = exchange.newPair({ context: "internal", exten: extension, parent: channel, optimisable: false });
    const called = { number: channel.variables.get("FROM_DID") ?? channel.exten, name: "" };
    one.set("DIALEDPEERNUMBER", `${extension}@internal/n`);
    two.set("DIALEDPEERNUMBER", `${extension}@internal/n`);
    this.#dialplan.introduce(one, two, called, channel.callerId);
    one.exten = channel.exten;
    exchange.localBridge(one, two, "internal", extension);
    exchange.emit("AgentCalled", "agent", this.#lines(channel, one));
    dial.add(one, `Local/${extension}@internal/n`);
    this.#dialplan.go(two, "internal", extension);
  }

  async #connect(channel: Channel, thread: Thread, leg: Channel, joined: number): Promise<void> {
    const { exchange } = this.#dialplan;
    const holdSeconds = Math.round((Date.now() - joined) / 1000);
    const ringSeconds = Math.round((Date.now() - leg.startedAt) / 1000);
    exchange.emit("AgentConnect", "agent", [
      ...this.#lines(channel, leg),
      ["HoldTime", holdSeconds],
      ["RingTime", ringSeconds],
    ]);
    this.#tellCompletion(channel, leg, holdSeconds);
    await exchange.talk(channel, leg, thread);
  }

  /** AgentComplete comes with the member's Local leaving its bridge; the caller is then whoever talked with it, the trunk after optimisation. */
  #tellCompletion(channel: Channel, leg: Channel, holdSeconds: number): void {
    const { exchange } = this.#dialplan;
    const since = Date.now();
    let partner = channel;
    const watcher = (changed: Channel): void => {
      partner = leg.bridge?.otherThan(leg) ?? partner;
      if (changed !== leg || leg.bridge) return;
      exchange.watchers.delete(watcher);
      this.completed += 1;
      const member = this.members.find(({ extension }) => extension === memberOf(leg));
      if (member) {
        member.callsTaken += 1;
        member.lastCall = Math.floor(Date.now() / 1000);
      }
      exchange.emit("AgentComplete", "agent", [
        ...this.#lines(partner, leg),
        ["HoldTime", holdSeconds],
        ["TalkTime", Math.round((Date.now() - since) / 1000)],
        ["Reason", leg.peer?.hungUp ? "agent" : "caller"],
      ]);
    };
    // Only once it has entered: before that it is in no bridge either.
    const entered = (changed: Channel): void => {
      if (changed !== leg || !leg.bridge) return;
      exchange.watchers.delete(entered);
      exchange.watchers.add(watcher);
    };
    exchange.watchers.add(entered);
  }

  #lines(channel: Channel, leg: Channel): Line[] {
    const { profile } = this.#dialplan;
    const extension = memberOf(leg);
    return [
      ...channel.lines(profile),
      ...leg.lines(profile, "Dest"),
      ["Queue", this.name],
      ["Interface", `Local/${extension}@internal/n`],
      ["MemberName", extension],
    ];
  }
}

/** Extension behind a member's Local channel. */
function memberOf(leg: Channel): string {
  return /^Local\/(\d+)@/.exec(leg.name)?.[1] ?? "";
}
