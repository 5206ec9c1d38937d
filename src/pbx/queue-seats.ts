/**
 * Who sits in which queue, and who takes a break: `QueueStatus`, and what is told when it changes (lab; on MikoPBX a
 * member is named by the extension, docs/protocols/mikopbx.md#queues).
 */
import type { AmiPacket } from "../ami/packet.ts";
import type { QueueSeat } from "../calls/presence.ts";
import { localTarget } from "./endpoint.ts";
import type { PbxProfile } from "./profiles.ts";

/** Told when a member comes, goes or changes; the rows of `QueueStatus` are `QueueMember`. */
export const QUEUE_SEAT_EVENTS: ReadonlySet<string> = new Set([
  "QueueMemberAdded",
  "QueueMemberRemoved",
  "QueueMemberPause",
  "QueueMemberStatus",
]);

export class QueueSeats {
  readonly #endpointToExtension: RegExp;
  readonly #seats = new Map<string, { readonly extension: string; readonly seat: QueueSeat }>();

  constructor({ endpointToExtension }: Pick<PbxProfile, "endpointToExtension">) {
    this.#endpointToExtension = endpointToExtension;
  }

  /** The queues that this extension is a member of, by name; empty: none, or the PBX does not say. */
  of(extension: string): readonly QueueSeat[] {
    return [...this.#seats.values()]
      .flatMap((one) => (one.extension === extension ? [one.seat] : []))
      .sort((one, other) => (one.queue < other.queue ? -1 : 1));
  }

  /** All seats anew, from the answer to `QueueStatus`. @returns the extensions whose seats have changed */
  begin(rows: readonly AmiPacket[]): readonly string[] {
    const before = new Map(this.#seats);
    this.#seats.clear();
    for (const row of rows) if (row.event === "QueueMember") this.#keep(row);
    const ids = new Set([...before.keys(), ...this.#seats.keys()]);
    const changed = [...ids].flatMap((id) => {
      const [old, now] = [before.get(id), this.#seats.get(id)];
      return JSON.stringify(old) === JSON.stringify(now) ? [] : [(now ?? old)?.extension ?? ""];
    });
    return [...new Set(changed)];
  }

  /** @returns the extension whose seats have changed by this packet */
  hear(packet: AmiPacket): string | null {
    const id = idOf(packet);
    const before = this.#seats.get(id);
    if (packet.event === "QueueMemberRemoved") this.#seats.delete(id);
    else this.#keep(packet);
    const now = this.#seats.get(id);
    return JSON.stringify(before) === JSON.stringify(now) ? null : ((now ?? before)?.extension ?? null);
  }

  #keep(packet: AmiPacket): void {
    const queue = packet.get("Queue") ?? "";
    const extension = this.#extensionOf(packet);
    if (queue === "" || extension === null) return;
    const isPaused = packet.get("Paused") === "1";
    const reason = (isPaused && packet.get("PausedReason")) || null;
    this.#seats.set(idOf(packet), { extension, seat: { queue, isPaused, reason } });
  }

  /** By the phone whose state counts, else by the phone or the number that is called. */
  #extensionOf(packet: AmiPacket): string | null {
    const [called, counted] = [interfaceOf(packet), packet.get("StateInterface") ?? ""];
    const names = [counted, called].flatMap((name) => [localTarget(name), name.slice(name.indexOf("/") + 1)]);
    for (const name of names) {
      const extension = this.#endpointToExtension.exec(name ?? "")?.[1];
      if (extension !== undefined) return extension;
    }
    return null;
  }
}

/** The list calls it `Location`. */
function interfaceOf(packet: AmiPacket): string {
  return packet.get("Interface") ?? packet.get("Location") ?? "";
}

function idOf(packet: AmiPacket): string {
  return `${packet.get("Queue")} ${interfaceOf(packet)}`;
}
