/**
 * Links to recordings: the call's id and a signature over it, never a path and never a guess. The link stands in the CRM's
 * note for years, so it carries no time. In `open` mode whoever holds it may listen; in `guarded` mode he also needs a
 * grant, which the widget fetches for the user who clicks (ADR 9).
 */
import { createHmac, timingSafeEqual } from "node:crypto";

/** 128 bits: as hard to guess as the key. */
const SIGNATURE_BYTES = 16;

const LINK = /^([A-Za-z0-9_-]{1,64})\.([A-Za-z0-9_-]{22})(?:\.mp3)?$/;
const GRANT = /^(\d{1,15})\.(\d{1,12})\.([A-Za-z0-9_-]{22})$/;

type OwnerOf = (callId: string) => Promise<{ readonly account: string } | undefined>;

export class RecordingLinks {
  readonly #key: Uint8Array;
  readonly #publicUrl: string;

  /** @param key secret of the installation; @param publicUrl where browsers reach the service, without a slash at the end */
  constructor(key: Uint8Array, publicUrl: string) {
    this.#key = key;
    this.#publicUrl = publicUrl;
  }

  toUrl(account: string, callId: string): string {
    return `${this.#publicUrl}/recordings/${callId}.${sign(this.#key, "recording", account, callId)}.mp3`;
  }

  /**
   * @param token last part of the URL's path
   * @param ownerOf whose call it is; undefined when there is no such call
   * @returns the call and its account when the signature is ours and for this account's call
   */
  async verify(token: string, ownerOf: OwnerOf): Promise<{ callId: string; account: string } | undefined> {
    const [, callId, signature] = LINK.exec(token) ?? [];
    if (callId === undefined || signature === undefined) return undefined;
    // An unknown call costs the same as a wrong signature: nobody learns which calls exist.
    const account = (await ownerOf(callId))?.account ?? "";
    return isSame(signature, sign(this.#key, "recording", account, callId)) ? { callId, account } : undefined;
  }
}

/** Beyond the recording's own length: to press play, to stop for a talk, to hear a place twice. */
const GRANT_SECONDS = 15 * 60;

/** Leave for one user to hear one recording, for minutes. It stands in a URL, because a player sends nothing else. */
export class ListeningGrants {
  readonly #key: Uint8Array;

  constructor(key: Uint8Array) {
    this.#key = key;
  }

  /** @param now epoch ms; @param seconds length of the recording */
  issue(account: string, callId: string, userId: number, now: number, seconds: number): string {
    const until = Math.ceil(now / 1000 + GRANT_SECONDS + seconds);
    return `${userId}.${until}.${this.#sign(account, callId, userId, until)}`;
  }

  /** @returns the user it was issued to; undefined when it is forged, of another recording, or over */
  verify(grant: string, account: string, callId: string, now: number): number | undefined {
    const [, user, end, signature = ""] = GRANT.exec(grant) ?? [];
    const [userId, until] = [Number(user), Number(end)];
    if (!isSame(signature, this.#sign(account, callId, userId, until))) return undefined;
    return until * 1000 > now ? userId : undefined;
  }

  #sign(account: string, callId: string, userId: number, until: number): string {
    return sign(this.#key, "grant", account, callId, String(userId), String(until));
  }
}

function sign(key: Uint8Array, ...what: readonly string[]): string {
  const digest = createHmac("sha256", key).update(what.join("\n")).digest();
  return digest.subarray(0, SIGNATURE_BYTES).toString("base64url");
}

function isSame(given: string, expected: string): boolean {
  const [one, other] = [Buffer.from(given, "base64url"), Buffer.from(expected, "base64url")];
  return one.length === other.length && timingSafeEqual(one, other);
}
