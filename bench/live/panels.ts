/**
 * Panels, in a process of their own so that their work delays nobody's: signs each in, and notes when the first message
 * with each leg's card came to each of its employee's panels. Started by `load.ts`, and talks to it over the fork's channel.
 */
import { SignJWT } from "jose";
import { WebSocket } from "ws";

/** What `load.ts` asks for. */
export interface PanelsOrder {
  readonly serviceUrl: string;
  readonly crmOrigin: string;
  readonly clientId: string;
  readonly clientSecret: string;
  /** One socket each. */
  readonly userIds: readonly number[];
}

/** What it is told: all are in, or (asked by "report") what was seen. */
export type PanelsAnswer =
  | { readonly type: "ready" }
  | {
      readonly type: "seen";
      readonly messages: number;
      /** Leg → when each panel was first shown its card; epoch milliseconds. */
      readonly cards: Readonly<Record<string, readonly number[]>>;
      readonly cpuSeconds: number;
      readonly worstLoopMs: number;
    };

const SIGN_IN_AT_ONCE = 20;
const LOOP_PROBE_MS = 20;

const cards = new Map<string, number[]>();
let messages = 0;
let worstLoopMs = 0;

/** A clock's tick later than this process's own work explains was waited for by every message too. */
let last = performance.now();
setInterval(() => {
  const now = performance.now();
  worstLoopMs = Math.max(worstLoopMs, now - last - LOOP_PROBE_MS);
  last = now;
}, LOOP_PROBE_MS).unref();

async function signIn(order: PanelsOrder, userId: number): Promise<void> {
  const token = await new SignJWT({ client_uuid: order.clientId, account_id: 1, user_id: userId })
    .setProtectedHeader({ alg: "HS256" })
    .setIssuer(order.crmOrigin)
    .setAudience("http://127.0.0.1")
    .setIssuedAt()
    .setExpirationTime("5m")
    .sign(new TextEncoder().encode(order.clientSecret));
  const answer = await fetch(`${order.serviceUrl}/panel/session`, {
    method: "POST",
    headers: { "X-Auth-Token": token, "Content-Type": "application/json", Origin: order.crmOrigin },
    body: "{}",
  });
  if (!answer.ok) throw new Error(`sign-in refused: ${answer.status} ${await answer.text()}`);
  const { ticket } = (await answer.json()) as { ticket: string }; // this service's own answer
  const socket = new WebSocket(`${order.serviceUrl.replace("http", "ws")}/panel/socket`, {
    origin: order.serviceUrl,
    perMessageDeflate: false,
  });
  const known = new Set<string>();
  await new Promise<void>((resolve, reject) => {
    socket.on("open", () => socket.send(JSON.stringify({ type: "hello", ticket })));
    socket.on("error", reject);
    socket.on("close", (code) => reject(new Error(`a panel was let go with ${code}`)));
    socket.on("message", (data) => {
      const at = Date.now();
      const text = String(data);
      messages++;
      if (text.includes('"type":"snapshot"')) resolve();
      note(text, at, known);
    });
  });
}

/** Legs are found without parsing: five hundred panels share this process. */
function note(text: string, at: number, known: Set<string>): void {
  const start = text.indexOf('"cards":[');
  if (start < 0) return;
  for (const [, leg = ""] of text.slice(start).matchAll(/"legId":"([^"]+)"/g)) {
    if (known.has(leg)) continue;
    known.add(leg);
    const seen = cards.get(leg);
    if (seen === undefined) cards.set(leg, [at]);
    else seen.push(at);
  }
}

process.on("message", async (asked: PanelsOrder | "report") => {
  const send = (answer: PanelsAnswer) => process.send?.(answer);
  if (asked === "report") {
    const { user, system } = process.cpuUsage();
    send({ type: "seen", messages, cards: Object.fromEntries(cards), cpuSeconds: (user + system) / 1e6, worstLoopMs });
    return;
  }
  const waiting = [...asked.userIds];
  const some = async () => {
    for (let userId = waiting.pop(); userId !== undefined; userId = waiting.pop()) await signIn(asked, userId);
  };
  await Promise.all(Array.from({ length: SIGN_IN_AT_ONCE }, some));
  send({ type: "ready" });
});
