/**
 * Links to recordings: the call's id and a signature over it, never a path and never a guess.
 * The link stands in the CRM's note for years, so it carries no time; whoever holds it may listen (`open` mode).
 */
import { createHmac, timingSafeEqual } from "node:crypto";

/** 128 bits: as hard to guess as the key. */
const SIGNATURE_BYTES = 16;

const TOKEN = /^([A-Za-z0-9_-]{1,64})\.([A-Za-z0-9_-]{22})(?:\.mp3)?$/;

export class RecordingLinks {
  readonly #key: Uint8Array;
  readonly #publicUrl: string;

  /** @param key secret of the installation; @param publicUrl where browsers reach the service, without a slash at the end */
  constructor(key: Uint8Array, publicUrl: string) {
    this.#key = key;
    this.#publicUrl = publicUrl;
  }

  toUrl(account: string, callId: string): string {
    return `${this.#publicUrl}/recordings/${callId}.${this.#sign(account, callId).toString("base64url")}.mp3`;
  }

  /**
   * @param token last part of the URL's path
   * @param accountOf whose call it is; undefined when there is no such call
   * @returns the call's id when the signature is ours and for this account's call
   */
  async verify(token: string, accountOf: (callId: string) => Promise<string | undefined>): Promise<string | undefined> {
    const [, callId, signature] = TOKEN.exec(token) ?? [];
    if (callId === undefined || signature === undefined) return undefined;
    // An unknown call costs the same as a wrong signature: nobody learns which calls exist.
    const expected = this.#sign((await accountOf(callId)) ?? "", callId);
    const given = Buffer.from(signature, "base64url");
    return given.length === expected.length && timingSafeEqual(given, expected) ? callId : undefined;
  }

  #sign(account: string, callId: string): Buffer {
    return createHmac("sha256", this.#key)
      .update(`recording\n${account}\n${callId}`)
      .digest()
      .subarray(0, SIGNATURE_BYTES);
  }
}
