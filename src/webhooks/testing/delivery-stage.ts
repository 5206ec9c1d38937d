/** From the journal to receivers that a test answers for: the service's half of webhooks, with a clock that a test sets ahead. */
import { once } from "node:events";
import { createServer, type IncomingMessage, type RequestListener, type ServerResponse } from "node:http";
import type { AddressInfo, Server, Socket } from "node:net";
import type { CallEvent } from "../../calls/call-event.ts";
import type { JournalEntry } from "../../calls/journal.ts";
import type { LegEvent } from "../../calls/leg-event.ts";
import { LiveCalls } from "../../calls/live-calls.ts";
import { accountWith, employeeAt } from "../../directory/account.testing.ts";
import { SqlCallJournal } from "../../store/call-journal.ts";
import type { Database } from "../../store/database.ts";
import { openSqlite } from "../../store/sqlite.ts";
import { SqlWebhooks } from "../../store/webhooks.ts";
import { Courier } from "../courier.ts";
import { Follower } from "../follower.ts";
import type { Message } from "../message.ts";
import { Receiver } from "../receiver.ts";
import { MESSAGE_TYPES, type Webhook } from "../webhook.ts";
import type { WebhookStore } from "../webhook-store.ts";

export const SECRET = `whsec_${Buffer.alloc(32, 7).toString("base64")}`;
const account = accountWith({ employees: [employeeAt("201", { name: "Анна", userId: 1 })] });

/** What is told of a whole talk, in its order. */
export const ALL = ["call-began", "call-ringing", "call-answered", "call-ended"];

interface Talk {
  readonly begin: LegEvent[];
  readonly end: LegEvent[];
}
export const whole = ({ begin, end }: Talk): LegEvent[] => [...begin, ...end];

interface Got {
  readonly message: Message;
  readonly headers: IncomingMessage["headers"];
  readonly body: string;
}

/** A receiver: `answer` decides, in the order in which messages come; what is said 200 to is taken. */
export class TestReceiver {
  readonly taken: Got[] = [];
  readonly all: Got[] = [];
  answer: (got: Got, response: ServerResponse) => void = (_, response) => void response.end();

  readonly listener: RequestListener = async (request, response) => {
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk as Buffer);
    const body = Buffer.concat(chunks).toString();
    const got: Got = { message: JSON.parse(body) as Message, headers: request.headers, body };
    this.all.push(got);
    response.on("finish", () => {
      if (response.statusCode === 200) this.taken.push(got);
    });
    this.answer(got, response);
  };

  get types(): string[] {
    return this.taken.map(({ message }) => message.type);
  }

  /** Each once: a message may come again under its id. */
  typesOf(client: string): string[] {
    const own = this.taken.filter(({ message }) => message.call.client === client);
    return [...new Map(own.map(({ message }) => [message.id, message.type])).values()];
  }
}

export interface Told extends AsyncDisposable {
  readonly webhook: Webhook;
  readonly follower: Follower;
  readonly courier: Courier;
}

export class DeliveryStage implements AsyncDisposable {
  readonly database: Database;
  /** Added to the real time. */
  later = 0;
  /** So much of it nobody lived through. */
  lostMs = 0;
  readonly outcomes: string[] = [];
  dropped = 0;
  readonly troubles: unknown[] = [];
  readonly clock = { now: () => Date.now() + this.later };
  readonly #calls = new LiveCalls("office");
  readonly #stack = new AsyncDisposableStack();
  #nextLeg = 0;

  constructor(database: Database) {
    this.database = database;
    this.#stack.defer(() => database.destroy());
  }

  static async open(): Promise<DeliveryStage> {
    return new DeliveryStage(await openSqlite(":memory:"));
  }

  /** An HTTP server, or anything that takes connections. */
  async listen(server: Server, port = 0): Promise<string> {
    const sockets = new Set<Socket>();
    server.on("connection", (socket: Socket) => {
      sockets.add(socket);
      socket.on("error", () => undefined); // whoever hung up is gone
    });
    server.listen(port, "127.0.0.1");
    await once(server, "listening");
    this.#stack.defer(() => {
      for (const socket of sockets) socket.destroy();
      server.close();
    });
    return `http://127.0.0.1:${(server.address() as AddressInfo).port}/calls`;
  }

  /** Somebody who is told, and where. */
  async receive(): Promise<{ receiver: TestReceiver; url: string }> {
    const receiver = new TestReceiver();
    return { receiver, url: await this.listen(createServer(receiver.listener)) };
  }

  /** The service's half for one receiver; begun again, it is the one after a restart. */
  async begin(
    changes: Partial<Webhook> & Pick<Webhook, "url">,
    store: WebhookStore = new SqlWebhooks(this.database),
  ): Promise<Told> {
    const webhook: Webhook = { id: "erp", secret: SECRET, events: MESSAGE_TYPES, keepHours: 72, ...changes };
    const onDropped = (count: number) => {
      this.dropped += count;
    };
    const stage = this;
    const lost = {
      get ms() {
        return stage.lostMs;
      },
    };
    const courier = new Courier({
      account: "main",
      webhook,
      store,
      receiver: new Receiver(webhook, { answerMs: 400 }),
      clock: this.clock,
      lost,
      random: () => 0,
      onOutcome: (outcome, { type }, reason) =>
        this.outcomes.push(reason === null ? `${outcome} ${type}` : `${outcome} ${type}: ${reason}`),
      onDropped,
      onWaiting: () => undefined,
      onTrouble: (error) => this.troubles.push(error),
    });
    const follower = new Follower({
      account,
      webhook,
      store,
      clock: this.clock,
      lost,
      recordingUrlOf: (callId) => `https://pbx.example.org/recordings/${callId}`,
      onAdded: () => courier.wake(),
      onDropped,
      onTrouble: (error) => this.troubles.push(error),
    });
    await follower.start();
    courier.start();
    const end = async () => {
      await follower.stop();
      await courier.stop();
    };
    this.#stack.defer(end);
    return { webhook, follower, courier, [Symbol.asyncDispose]: end };
  }

  /** A store that the process can reach so many times; then it is dead, with the last thing done or not done. */
  storeDyingAfter(uses: number, isDone: boolean): { store: WebhookStore; died: Promise<void> } {
    const { promise: died, resolve } = Promise.withResolvers<void>();
    let left = uses;
    const store = new Proxy(new SqlWebhooks(this.database), {
      get(target, name: keyof WebhookStore) {
        return async (...given: never[]) => {
          const isLast = left-- <= 0;
          const use = target[name] as (...these: never[]) => Promise<unknown>;
          const result = !isLast || (left === -1 && isDone) ? await use.apply(target, given) : undefined;
          if (!isLast) return result;
          resolve();
          throw new Error("the process is dead");
        };
      },
    });
    return { store, died };
  }

  /** What the PBX half concludes of these, on disk, and everybody is told. */
  async hear(told: readonly Told[], ...events: LegEvent[]): Promise<CallEvent[]> {
    const entries: JournalEntry[] = events.flatMap((event) => this.#calls.hear(event));
    await new SqlCallJournal(this.database, () => "main").append(entries);
    for (const { follower } of told) follower.wake();
    return entries.map(({ event }) => event);
  }

  /** A client who calls and is answered by 201, and hangs up. */
  talk(client: string, at = this.clock.now(), file: string | null = null): Talk {
    const [trunk, phone] = [`leg-${++this.#nextLeg}`, `leg-${++this.#nextLeg}`];
    const outside = { kind: "outside", number: client } as const;
    return {
      begin: [
        {
          type: "leg-began",
          leg: trunk,
          at,
          linkedid: trunk,
          party: outside,
          origin: { kind: "dialling", dialled: "74950003344", did: "74950003344" },
          found: false,
        },
        {
          type: "leg-began",
          leg: phone,
          at: at + 1,
          linkedid: trunk,
          party: { kind: "employee", extension: "201" },
          origin: { kind: "reached" },
          found: false,
        },
        { type: "leg-called", leg: phone, at: at + 2, by: trunk, shows: client },
        { type: "leg-rings", leg: phone, at: at + 2 },
        { type: "leg-answered", leg: phone, at: at + 3 },
        ...(file === null ? [] : [{ type: "leg-recorded", leg: trunk, at: at + 3, file } as const]),
        { type: "leg-connected", leg: trunk, at: at + 4, with: [phone], room: null },
        { type: "leg-connected", leg: phone, at: at + 4, with: [trunk], room: null },
      ],
      end: [
        { type: "leg-ended", leg: trunk, at: at + 5, cause: 16, byItself: true },
        { type: "leg-ended", leg: phone, at: at + 5, cause: 16, byItself: false },
      ],
    };
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.#stack.disposeAsync();
  }
}
