/** One exchange with a receiver: signed, bounded in time and size, and what his answer asks for. */
import { createHmac } from "node:crypto";
import type { Pool } from "undici";
import { failureInWords } from "../lib/failure-words.ts";
import { openPool } from "../lib/peer-pool.ts";
import { readRetryAfter } from "../lib/retry-after.ts";
import { LONGEST_WAIT_MS } from "../lib/retry-at.ts";
import type { Webhook } from "./webhook.ts";

const CONNECT_MS = 5_000;
/** A receiver takes a message in and works afterwards. */
const ANSWER_MS = 10_000;
/** More messages are never under way. */
const MOST_CONNECTIONS = 4;
/** Of an answer's body nobody reads anything. Bytes. */
const LARGEST_ANSWER = 64 * 1024;

export type Reply =
  | { readonly kind: "taken" }
  /** The message as it is will never be taken. */
  | { readonly kind: "refused"; readonly reason: string }
  /** The same again later, not before `retryAfterMs` when the receiver asks for that. */
  | { readonly kind: "failed"; readonly reason: string; readonly retryAfterMs: number };

export interface ReceiverTimes {
  readonly connectMs: number;
  /** For the whole of it. */
  readonly answerMs: number;
}

/** Where messages go; the courier knows no more of it. */
export interface Receiving extends AsyncDisposable {
  /** Never rejects. @param now epoch milliseconds, signed so that nobody can send it again much later */
  send(message: { readonly messageId: string; readonly body: string }, now: number): Promise<Reply>;
}

export class Receiver implements Receiving {
  readonly #path: string;
  readonly #secret: string;
  readonly #pool: Pool;
  readonly #answerMs: number;

  /** @throws ForbiddenAddress, which the settings have been checked for */
  constructor({ url, secret }: Pick<Webhook, "url" | "secret">, times: Partial<ReceiverTimes> = {}) {
    const { connectMs = CONNECT_MS, answerMs = ANSWER_MS } = times;
    this.#path = new URL(url).pathname;
    this.#secret = secret;
    this.#answerMs = answerMs;
    this.#pool = openPool(
      { url, ca: undefined, fingerprint256: undefined },
      { connections: MOST_CONNECTIONS, connectMs, answerMs },
    );
  }

  async send({ messageId, body }: { messageId: string; body: string }, now: number): Promise<Reply> {
    const timestamp = Math.floor(now / 1000);
    try {
      const answer = await this.#pool.request({
        method: "POST",
        path: this.#path,
        headers: {
          "user-agent": "Kommutator",
          "content-type": "application/json",
          "webhook-id": messageId,
          "webhook-timestamp": String(timestamp),
          "webhook-signature": signatureOf(this.#secret, messageId, timestamp, body),
        },
        body,
        // The pool's own limits are for silence; a receiver that drips byte by byte is bounded here.
        signal: AbortSignal.timeout(this.#answerMs),
      });
      // The head says it all.
      await answer.body.dump({ limit: LARGEST_ANSWER });
      return toReply(answer.statusCode, readRetryAfter(answer.headers["retry-after"], now, LONGEST_WAIT_MS / 1000));
    } catch (error) {
      return { kind: "failed", reason: failureInWords(error), retryAfterMs: 0 };
    }
  }

  /** What is under way fails, and is sent again after the restart. */
  async [Symbol.asyncDispose](): Promise<void> {
    await this.#pool.destroy();
  }
}

/** As "Standard Webhooks" has it, for which many languages bring a verifier. */
export function signatureOf(secret: string, messageId: string, timestamp: number, body: string): string {
  const key = Buffer.from(secret.replace(/^whsec_/, ""), "base64");
  return `v1,${createHmac("sha256", key).update(`${messageId}.${timestamp}.${body}`).digest("base64")}`;
}

function toReply(status: number, retryAfterSeconds: number): Reply {
  if (status >= 200 && status < 300) return { kind: "taken" };
  const reason = `the receiver answered ${status}`;
  if (status >= 400 && status < 500 && status !== 408 && status !== 429) return { kind: "refused", reason };
  const redirected = status >= 300 && status < 400 ? "; redirects are not followed, correct the webhook's url" : "";
  return { kind: "failed", reason: reason + redirected, retryAfterMs: retryAfterSeconds * 1000 };
}
