import { Bridge } from "./bridge.ts";
import { CAUSE_TEXT } from "./cause.ts";
import { type Channel, Interrupted, NOBODY, sameParty, Thread } from "./channel.ts";
import { Channels } from "./channels.ts";
import { LocalOptimiser } from "./local-optimiser.ts";

/** A piece of dialplan: runs on one channel until it returns (then the channel is hung up) or is stopped. */
export type Script = (channel: Channel, thread: Thread) => Promise<void>;

/**
 * The switching itself: dialplans that run, answers, bridges, hang-ups, and the events that tell of them in the order a real
 * Asterisk does. Knows no dialplan, no phones' behaviour, no AMI session.
 */
export class Exchange extends Channels {
  readonly startedAt = new Date();
  readonly bridges = new Set<Bridge>();
  readonly optimiser = new LocalOptimiser(this);
  /** Asked before a channel is hung up; true = the hang-up is taken over (an attended transfer completes). */
  beforeHangup: ((channel: Channel) => boolean) | undefined;

  // ---------------------------------------------------------------- dialplan

  /** Gives a channel a dialplan to run; whatever it ran before is stopped without a hang-up. */
  run(channel: Channel, script: Script): void {
    channel.thread?.stop("redirect");
    const thread = new Thread();
    channel.thread = thread;
    void script(channel, thread)
      .catch((error: unknown) => {
        if (!(error instanceof Interrupted)) throw error;
      })
      .then(() => {
        if (channel.thread === thread) this.#finish(channel);
      });
  }

  /** Takes a channel out of whatever dialplan and bridge it is in; it lives on without a dialplan of its own. */
  takeOut(channel: Channel): void {
    const thread = channel.thread;
    channel.thread = undefined;
    channel.onReleased = undefined;
    thread?.stop("taken");
    if (channel.bridge) this.leave(channel);
  }

  /** The dialplan of a channel came to its end. */
  #finish(channel: Channel): void {
    if (channel.gone) return;
    channel.hungUp = true;
    if (channel.bridge) this.leave(channel);
    this.tell("SoftHangupRequest", channel, [["Cause", 16]]);
    channel.device?.ended(channel, channel.hangupCause);
    this.later(this.delay("hangup"), () => this.#end(channel));
  }

  // ---------------------------------------------------------------- answers

  /** The device behind a dialled channel rings. */
  ringing(channel: Channel): void {
    if (channel.hungUp || channel.state !== "Down") return;
    this.setState(channel, "Ringing");
    channel.dialledBy?.legRinging(channel);
  }

  /** Ringing goes back to whoever dialled, through Local pairs. */
  indicateRinging(caller: Channel): void {
    const far = caller.half === 2 ? caller.peer : undefined;
    if (far === undefined) {
      caller.device?.progressing(caller);
      return;
    }
    if (far.state !== "Down") return;
    // Newstate shows the callee's identity already; the event that tells of it comes after (all captures).
    const before = far.callerId;
    far.callerId = caller.connected === NOBODY ? before : caller.connected;
    this.setState(far, "Ringing");
    if (!sameParty(before, far.callerId)) {
      this.tell("NewCallerid", far, [["CID-CallingPres", "0 (Presentation Allowed, Not Screened)"]]);
    }
    far.dialledBy?.legRinging(far);
  }

  /** The device behind a dialled channel answered. */
  answeredBy(channel: Channel): void {
    if (channel.hungUp || channel.state === "Up") return;
    this.setState(channel, "Up");
    channel.dialledBy?.legAnswered(channel);
  }

  /** Answers the channel that called: through a Local pair the answer reaches the outer caller. */
  answer(channel: Channel): void {
    if (channel.state === "Up" || channel.hungUp) return;
    this.setState(channel, "Up");
    channel.device?.answered(channel);
    const far = channel.half === 2 ? channel.peer : undefined;
    if (far && !far.hungUp) {
      far.callerId = channel.connected === NOBODY ? far.callerId : channel.connected;
      this.setState(far, "Up");
      far.dialledBy?.legAnswered(far);
    }
  }

  /** Busy() of the dialplan: the caller hears the tone for `milliseconds`, an outer dial of a Local pair ends at once. */
  async busy(channel: Channel, thread: Thread, milliseconds: number): Promise<void> {
    channel.hangupCause = 17;
    if (channel.state !== "Up") this.setState(channel, "Busy");
    channel.peer?.dialledBy?.legBusy(channel.peer);
    await this.wait(thread, milliseconds);
  }

  // ---------------------------------------------------------------- bridges

  newBridge(kind: "basic" | "parking" = "basic"): Bridge {
    const bridge = new Bridge(kind);
    this.bridges.add(bridge);
    this.emit("BridgeCreate", "call", bridge.lines());
    return bridge;
  }

  /** Puts a channel into a bridge; `swap` names the Local half whose place it takes. */
  enter(bridge: Bridge, channel: Channel, swap?: Channel): void {
    bridge.members.add(channel);
    channel.bridge = bridge;
    this.#mergeLinkedids(bridge);
    this.emit("BridgeEnter", "call", [
      ...bridge.lines(),
      ...channel.lines(this.profile),
      ...(swap ? [["SwapUniqueid", swap.uniqueid] as const] : []),
    ]);
    if (channel.half === 2 && channel.peer && channel.connected !== NOBODY)
      this.setCallerId(channel.peer, channel.connected);
    this.changed(channel);
    for (const member of bridge.members) if (member.isLocal) this.optimiser.consider(member);
  }

  /** Everybody in a bridge takes the linkedid of the oldest; no event announces it. */
  #mergeLinkedids(bridge: Bridge): void {
    if (bridge.kind === "parking") return;
    const members = [...bridge.members];
    const oldest = members.reduce((a, b) => (b.linkedBorn < a.linkedBorn ? b : a));
    for (const member of members) {
      member.linkedid = oldest.linkedid;
      member.linkedBorn = oldest.linkedBorn;
    }
  }

  /** Takes a channel out of its bridge. Unless `alone`, a basic bridge ends with it and the other one is released too. */
  leave(channel: Channel, alone = false): void {
    const bridge = channel.bridge;
    if (bridge === undefined) return;
    this.stopMusic(channel);
    this.stepOut(bridge, channel);
    const other = !alone && bridge.kind === "basic" ? bridge.otherThan(channel) : undefined;
    if (other) {
      this.stopMusic(other);
      this.stepOut(bridge, other);
    }
    this.destroyIfEmpty(bridge);
    if (other) this.release(other);
  }

  /** Takes a channel out of a bridge, and nothing else. */
  stepOut(bridge: Bridge, channel: Channel): void {
    bridge.members.delete(channel);
    this.emit("BridgeLeave", "call", [...bridge.lines(), ...channel.lines(this.profile)]);
    channel.bridge = undefined;
    this.changed(channel);
  }

  destroyIfEmpty(bridge: Bridge): void {
    if (bridge.members.size > 0 || bridge.destroyed || bridge.kind === "parking") return;
    bridge.destroyed = true;
    this.bridges.delete(bridge);
    this.emit("BridgeDestroy", "call", bridge.lines());
  }

  /** Bridging is over for this channel: its dialplan goes on, or, when it has none, it ends. */
  release(channel: Channel): void {
    if (channel.hungUp) return;
    const go = channel.onReleased;
    channel.onReleased = undefined;
    if (go) go();
    else if (channel.thread === undefined) this.hangup(channel, 16);
  }

  /** Connects a caller with the leg that answered and waits on the caller's thread until that is over. */
  async talk(caller: Channel, leg: Channel, thread: Thread): Promise<void> {
    const bridge = this.newBridge();
    this.enter(bridge, leg);
    this.enter(bridge, caller);
    await this.bridged(caller, thread);
  }

  /** Waits until the channel's bridging ends, moves between bridges included. */
  bridged(channel: Channel, thread: Thread): Promise<void> {
    return this.until(thread, (done) => {
      channel.onReleased = done;
      return () => {
        channel.onReleased = undefined;
      };
    });
  }

  startMusic(channel: Channel): void {
    if (channel.music) return;
    channel.music = true;
    this.tell("MusicOnHoldStart", channel, [["Class", "default"]]);
    this.#tellHeld(channel, true);
  }

  stopMusic(channel: Channel): void {
    if (!channel.music) return;
    channel.music = false;
    this.tell("MusicOnHoldStop", channel);
    this.#tellHeld(channel, false);
    if (channel.peer) this.optimiser.consider(channel);
  }

  /** Music played to a Local half is heard by the party at its other end. */
  #tellHeld(channel: Channel, held: boolean): void {
    const listener = channel.peer ? channel.peer.bridge?.otherThan(channel.peer) : channel;
    listener?.device?.heldByOther(listener, held);
  }

  // ---------------------------------------------------------------- the end

  /** The device at the far end hangs up or refuses. */
  hangupByParty(channel: Channel, cause: number): void {
    if (channel.hungUp || channel.gone) return;
    this.tell("HangupRequest", channel, channel.bridgedByApplication ? [] : [["Cause", cause]]);
    this.hangup(channel, cause);
  }

  /** Ends a channel: bridge, dial and dialplan learn of it. `cause` is Q.850. */
  hangup(channel: Channel, cause: number): void {
    if (channel.hungUp || channel.gone) return;
    if (this.beforeHangup?.(channel)) return;
    channel.hungUp = true;
    channel.hangupCause = cause;
    if (channel.bridge) this.leave(channel);
    if (channel.thread) {
      // #finish follows as soon as the dialplan has noticed
      channel.thread.stop("hangup");
    } else if (channel.isLocal) {
      this.#end(channel);
    } else {
      channel.device?.ended(channel, cause);
      channel.dialledBy?.legEnded(channel, cause);
      this.later(this.delay("hangup"), () => this.#end(channel));
    }
  }

  #end(channel: Channel): void {
    if (channel.gone) return;
    channel.gone = true;
    this.channels.delete(channel.uniqueid);
    const peer = channel.peer;
    const cause = channel.hangupCause;
    if (peer && !peer.hungUp) this.tell("HangupRequest", peer, [["Cause", cause]]);
    this.tell("Hangup", channel, [
      ["Cause", cause],
      ["Cause-txt", CAUSE_TEXT[cause] ?? "Unknown"],
    ]);
    channel.dialledBy?.legEnded(channel, cause);
    this.changed(channel);
    if (!peer || peer.hungUp) return;
    // A half that has a cause of its own (Busy) keeps it (m16c).
    const peerCause = peer.hangupCause === 16 ? cause : peer.hangupCause;
    // The other half's own thread notices right after, as in the captures.
    queueMicrotask(() => this.hangup(peer, peerCause));
  }
}
