/**
 * The panel at work: holds the state, lets happenings change it, and does what follows from a change: draws, tells the CRM's
 * page, speaks to the service.
 */
import type { CardCommand, CardView, ClientView, PanelCommand, PanelMessage } from "../../src/panel/protocol.ts";
import type { Say } from "../i18n/words.ts";
import { Commands } from "../live/commands.ts";
import { PanelLink, type Stop } from "../live/panel-link.ts";
import { announcement } from "./announce.ts";
import { isWord } from "./call-notes.ts";
import { handOverTarget } from "./handing-over.ts";
import type { Host } from "./host.ts";
import type { Frame, FromHost } from "./host-protocol.ts";
import { KeptWords } from "./kept-words.ts";
import { NoteDesk } from "./note-desk.ts";
import { firstState, hasCalls, type ListTab, type PanelState, type PanelStep, step } from "./panel-state.ts";
import { isCallOver } from "./recent-calls.ts";
import type { ShapeStep } from "./shape.ts";
import { callKey, type ShownCall } from "./shown-calls.ts";
import { Tones } from "./tones.ts";

/** A click on a number may come twice, by a nervous finger or by two handlers of the CRM's page: one call. */
const SAME_DIAL_MS = 2_000;
const TICK_MS = 500;

type PlainCardCommand = Exclude<CardCommand, "blind-transfer" | "attended-transfer" | "send-digits" | "hand-over-note">;

export type FocusTarget = "field" | "call" | "note";

export interface Drawing {
  readonly state: PanelState;
  /** Last sentence for screen readers. */
  readonly spoken: string;
  /** Last wish of a key for the cursor; a new object is a new wish. */
  readonly focus: { readonly on: FocusTarget } | null;
}

export class Panel {
  #state: PanelState;
  #spoken = "";
  #focus: Drawing["focus"] = null;
  #inCall = false;
  #isDrawing = false;
  /** What is drawn is not the state any more. */
  #isStale = false;
  /** Where the left edge was taken. */
  #grip: { readonly screenX: number; readonly width: number } | null = null;
  /** Nothing is drawn before the CRM's page has told its language and colours. */
  #knowsPage = false;
  readonly #page: Window;
  readonly #host: Host;
  readonly #say: Say;
  readonly #link: PanelLink;
  readonly #commands: Commands;
  readonly #tones: Tones;
  /** What is written of calls for the CRM. */
  readonly notes: NoteDesk;
  readonly #keptWords: KeptWords;
  readonly #draw: (drawing: Drawing) => void;

  /** `draw` is called after every change. Start it with `start`. */
  constructor(page: Window, host: Host, say: Say, draw: (drawing: Drawing) => void) {
    this.#page = page;
    this.#host = host;
    this.#say = say;
    this.#draw = draw;
    this.#state = firstState();
    this.#keptWords = new KeptWords(host.origin, (words) => host.tell({ type: "keep-words", words }));
    const after = (milliseconds: number, act: () => void): Stop => {
      const timer = page.setTimeout(act, milliseconds);
      return () => page.clearTimeout(timer);
    };
    this.#link = new PanelLink({
      openSocket: () => new WebSocket(new URL("socket", page.location.href.replace(/^http/, "ws"))),
      askTicket: () => host.askTicket(after),
      now: Date.now,
      after,
      random: Math.random,
      changed: (link) => {
        const { link: before } = this.#state;
        if (link.state === "live") this.notes.restore(this.#keptWords.claim(link.me.userId));
        else if (link.state === "refused" && link.reason === "not-an-employee") this.#keptWords.forget();
        this.happen({ type: "link", link, now: Date.now() });
        if (link.state !== "live") return;
        if (before.state !== "live") {
          this.#commands.repeatAll();
          this.notes.linkIsLive();
        }
        if (before.state !== "live" || isCallOver(before.view, link.view)) this.#link.send({ type: "get-recent" });
      },
      received: (message) => this.#receive(message),
    });
    this.#commands = new Commands({
      transmit: (request) => this.#link.send(request),
      after,
      ended: (id, command, end) => {
        this.happen({ type: "command-ended", id, command, end, now: Date.now() });
        this.#tones.takeEnd(id, end);
        if (isWord(command)) this.notes.commandEnded(command);
      },
    });
    this.#tones = new Tones((id, leg, digits) => this.#give({ kind: "send-digits", ...leg, digits }, id));
    this.notes = new NoteDesk({
      notes: () => this.#state.notes,
      openCard: () => this.#state.openCard,
      happen: (step) => this.happen({ type: "note", step }),
      send: (request) => this.#link.send(request),
      give: (command) => this.#give(command),
      after,
    });
    page.setInterval(() => this.happen({ type: "tick", now: Date.now() }), TICK_MS);
    page.addEventListener("online", () => this.#link.start());
    page.addEventListener("pagehide", () => {
      this.notes.saveAll();
      this.#link.close();
      this.#commands.close();
    });
  }

  start(): void {
    this.#host.listen(this.#page, (message) => this.#hear(message));
    this.#host.tell({ type: "ready" });
    this.#link.start();
  }

  happen(happening: PanelStep): void {
    const before = this.#state;
    const after = step(before, happening);
    if (after === before) return;
    this.#state = after;
    if (after.notes !== before.notes) this.#keptWords.keep(after.notes);
    if (after.shape !== before.shape || after.width !== before.width) this.#keepShape(after);
    this.#spoken = announcement(before, after, this.#say) ?? this.#spoken;
    const inCall = after.calls.some(({ endedAt }) => endedAt === null);
    if (inCall !== this.#inCall) {
      this.#inCall = inCall;
      this.#host.tell({ type: "in-call", value: inCall });
    }
    this.#redraw();
  }

  reshape(shapeStep: ShapeStep): void {
    this.happen({ type: "shape", step: shapeStep });
  }

  /** `name`: the colleague behind the number. `despite`: a colleague's talk to him. */
  dial(number: string, name: string | null, despite = false): void {
    const now = Date.now();
    const { dial, device } = this.#state;
    const isSame = dial?.number === number && dial.failure === null && now - dial.askedAt < SAME_DIAL_MS;
    if (isSame && !despite) return;
    // The attempt must be there before the command may end, which without a link is at once.
    const commandId = crypto.randomUUID();
    this.happen({ type: "dialled", commandId, number, name, now });
    this.#commands.give(commandId, {
      kind: "dial",
      number,
      ...(device !== null && { from: device }),
      ...(despite && { despite }),
    });
  }

  hangUp(card: CardView): void {
    this.command("hang-up", card);
  }

  /** A command that needs to know nothing but the card it is for. */
  command(kind: PlainCardCommand, { callId, legId }: CardView): void {
    this.#give({ kind, callId, legId });
  }

  /** Hands the call over that can be handed over now: asking the colleague first where that is possible, unless `atOnce`. */
  handOver(to: string, atOnce: boolean): void {
    const target = handOverTarget(this.#state);
    if (target === null) return;
    const { callId, legId } = target.card;
    const asks = target.asks && !(atOnce && target.gives);
    this.happen({ type: "picking", on: false });
    this.happen({ type: "typed", query: "" });
    this.#give({ kind: asks ? "attended-transfer" : "blind-transfer", callId, legId, to });
  }

  writeNote({ callId, legId }: CardView, text: string): void {
    this.#give({ kind: "hand-over-note", callId, legId, text });
  }

  /** Fetches a call that no phone of one's own is in. */
  fetch(kind: "take" | "take-back" | "retrieve", callId: string): void {
    this.#give({ kind, callId });
  }

  pickUp(callId: string, extension: string): void {
    this.#give({ kind: "pick-up", callId, extension });
  }

  /** One tone into the talk whose keypad is open. */
  pressDigit(card: CardView, digit: string): void {
    this.happen({ type: "tone", digit });
    this.#tones.press({ callId: card.callId, legId: card.legId }, digit);
  }

  toggleKeypad(card: CardView): void {
    const call = callKey(card);
    this.happen({ type: "keypad", call: this.#state.keypad?.call === call ? null : call });
  }

  togglePicking(): void {
    const on = this.#state.picking === null;
    if (on) this.#focus = { on: "field" };
    this.happen({ type: "picking", on });
  }

  /** The service answers with the page to open, and creates the contact when nobody is known. */
  openClient({ callId }: CardView): void {
    this.#give({ kind: "open-client", callId });
  }

  /** Of several clients with this number it is this one, for everybody and from now on. */
  chooseClient({ callId }: CardView, client: ClientView): void {
    this.#give({ kind: "choose-client", callId, path: client.path });
    this.openCard(client);
  }

  openCard({ path }: Pick<ClientView, "path">): void {
    this.#host.tell({ type: "open", path });
  }

  /**
   * The left edge is pulled. The frame grows with the panel, so only the screen stands still; and the pointer soon leaves the
   * frame, so the CRM's page tells where it goes.
   */
  takeGrip(screenX: number): void {
    this.#grip = { screenX, width: this.#state.width };
    this.#host.tell({ type: "pull" });
  }

  pullGrip(screenX: number): void {
    if (this.#grip) this.happen({ type: "width", width: this.#grip.width + this.#grip.screenX - screenX });
  }

  leaveGrip(): void {
    this.#grip = null;
  }

  /** Shows one of the lists, opening it where it is hidden. */
  showList(tab: ListTab): void {
    this.happen({ type: "tab", tab });
    if (!this.#state.shape.list) this.reshape("toggle-list");
  }

  focusField(): void {
    this.#focus = { on: "field" };
    this.reshape("focus-field");
    this.#redraw();
  }

  focusCall(): void {
    if (!hasCalls(this.#state)) return;
    this.#focus = { on: "call" };
    this.reshape("expand");
    this.#redraw();
  }

  focusNote(): void {
    this.#focus = { on: "note" };
    this.#redraw();
  }

  /** The person has seen enough of a call that is over. */
  putAway({ card }: ShownCall): void {
    this.notes.close(card.callId);
    this.happen({ type: "put-away", key: callKey(card) });
  }

  retry(): void {
    this.#link.start();
  }

  frame(frame: Frame): void {
    this.#host.tell({ type: "frame", ...frame });
  }

  giveFocusBack(): void {
    this.#host.tell({ type: "give-focus-back" });
  }

  #give(command: Exclude<PanelCommand, { kind: "dial" }>, id: string = crypto.randomUUID()): void {
    this.happen({ type: "asked", id, command });
    this.#commands.give(id, command);
  }

  #receive(message: Extract<PanelMessage, { type: "outcome" | "open" | "recent" | "call-note" }>): void {
    if (message.type === "outcome") this.#commands.takeOutcome(message.id, message.outcome);
    else if (message.type === "recent") this.happen(message);
    else if (message.type === "call-note") this.notes.take(message.callId, message.note);
    else this.#host.tell({ type: "open", path: message.path });
  }

  #hear(message: Exclude<FromHost, { type: "ticket" }>): void {
    switch (message.type) {
      case "kept":
        this.happen({ type: "shape-kept", size: message.size, list: message.list, width: message.width });
        return;
      case "kept-words":
        this.#keptWords.find(message.words);
        return;
      case "lead":
        this.happen({ type: "leads", leads: message.value });
        return;
      case "page": {
        this.#knowsPage = true;
        const { theme, width, height, card } = message;
        this.happen({ type: "page", theme, room: { width, height }, openCard: card });
        return;
      }
      case "dial":
        this.dial(message.number, null);
        return;
      case "reveal":
        this.reshape("reveal");
        return;
      case "pulled":
        this.pullGrip(message.screenX);
        return;
      case "let-go":
        this.leaveGrip();
        return;
      case "focus-field":
        this.focusField();
        return;
      case "focus-call":
        this.focusCall();
        return;
    }
  }

  /** A shape that a call brought is not kept: the one before it is. */
  #keepShape({ shape, width }: PanelState): void {
    const { size, list } = shape.before ?? shape;
    this.#host.tell({ type: "keep", size, list, width });
  }

  #redraw(): void {
    this.#isStale = true;
    if (!this.#knowsPage || this.#isDrawing) return;
    this.#isDrawing = true;
    try {
      // A field that comes to the screen or leaves it may make something happen while it is drawn.
      while (this.#isStale) {
        this.#isStale = false;
        this.#draw({ state: this.#state, spoken: this.#spoken, focus: this.#focus });
      }
    } finally {
      this.#isDrawing = false;
    }
  }
}
