/**
 * Words that the service does not have yet, kept by the CRM's page for as long as its tab lives: a page that is loaded anew sends
 * them, if the same employee of the same account has signed in there. What anybody else left is erased unread.
 */
import { type CallNote, unsentWords } from "./call-notes.ts";

/** What a person wrote of a call. */
export interface KeptNote {
  readonly callId: string;
  readonly text: string;
  /** What the service had when it was written; null: that was not known. */
  readonly over: string | null;
}

interface Kept {
  readonly owner: string;
  readonly notes: readonly KeptNote[];
}

export class KeptWords {
  readonly #account: string;
  readonly #tell: (words: string | null) => void;
  #left: string | null = null;
  /** null: nobody has signed in yet, and what was left must stay. */
  #owner: string | null = null;
  /** undefined: nothing was written by this page. */
  #written: string | null | undefined;

  /**
   * @param account what tells the CRM's account from others: its origin
   * @param tell has the words kept, or erased (null)
   */
  constructor(account: string, tell: (words: string | null) => void) {
    this.#account = account;
    this.#tell = tell;
  }

  /** What the page before has left, as it was told. To be called before anybody signs in. */
  find(left: string): void {
    this.#left = left;
  }

  /** This employee has signed in. Returns what he left, the first time. */
  claim(userId: number): readonly KeptNote[] {
    const owner = `${this.#account} ${userId}`;
    if (owner === this.#owner) return [];
    this.#owner = owner;
    const left = this.#left === null ? null : readKept(this.#left);
    this.#left = null;
    if (left?.owner === owner) return left.notes;
    this.forget();
    return [];
  }

  keep(notes: readonly CallNote[]): void {
    if (this.#owner === null) return;
    const unsent = notes.flatMap((note): KeptNote[] => {
      const text = unsentWords(note);
      return text === null ? [] : [{ callId: note.callId, text, over: note.told?.text ?? note.over }];
    });
    this.#write(unsent.length === 0 ? null : JSON.stringify({ owner: this.#owner, notes: unsent } satisfies Kept));
  }

  forget(): void {
    this.#write(null);
  }

  #write(words: string | null): void {
    if (words === this.#written) return;
    this.#written = words;
    this.#tell(words);
  }
}

/** Null for what this panel has not written: other scripts of the CRM's page could. */
function readKept(text: string): Kept | null {
  const kept = parse(text);
  if (typeof kept !== "object" || kept === null || !("owner" in kept) || !("notes" in kept)) return null;
  const { owner, notes } = kept;
  return typeof owner === "string" && Array.isArray(notes) && notes.every(isKeptNote) ? { owner, notes } : null;
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return null; // then it was nothing of ours
  }
}

function isKeptNote(value: unknown): value is KeptNote {
  if (typeof value !== "object" || value === null) return false;
  const { callId, text, over } = value as Record<string, unknown>;
  return typeof callId === "string" && typeof text === "string" && (over === null || typeof over === "string");
}
