/** Which call of the journal the records are of. */
import type { Call } from "../calls/call.ts";
import { callId } from "../calls/call-id.ts";
import { sameNumber } from "../calls/sides.ts";
import type { CallArchive } from "./cdr-check.ts";
import type { ToldCall } from "./to-call.ts";

/** Records are cut to whole seconds, and clocks within one PBX are one. */
const START_TOLERANCE_MS = 2_000;

/** Everything by which these records may know the call. */
export function idsOf({ linkedids, uniqueids }: ToldCall): ReadonlySet<string> {
  return new Set([...linkedids, ...uniqueids]);
}

/**
 * By the ids of its channels; else by who took part in it and when it began. A call that became a part of another one
 * is that other one.
 * @param isTaken other records are known to be of this call: who took part in it does not count then
 */
export async function findSeen(
  archive: CallArchive,
  pbx: string,
  told: ToldCall,
  isTaken: (call: Call) => Promise<boolean>,
): Promise<Call | undefined> {
  const ids = idsOf(told);
  for (const id of ids) {
    const found = await archive.find(callId(pbx, id));
    if (found !== undefined) return whole(archive, found);
  }
  const around = await archive.startedBetween(
    pbx,
    told.startedAt - START_TOLERANCE_MS,
    told.endedAt + START_TOLERANCE_MS,
  );
  const found = around.find(({ linkedids }) => linkedids.some((id) => ids.has(id)));
  if (found !== undefined) return whole(archive, found);
  for (const alike of around.filter(isAlike(told))) {
    const call = await whole(archive, alike);
    if (!(await isTaken(call))) return call;
  }
  return undefined;
}

/** The call of a client who was calling when an employee was rung for him in vain: an attempt to intercept it. */
export async function findIntercepted(archive: CallArchive, pbx: string, told: ToldCall): Promise<Call | undefined> {
  const before = told.startedAt - LONGEST_RING_MS;
  const around = await archive.startedBetween(pbx, before, told.startedAt + START_TOLERANCE_MS);
  return around.find(
    ({ direction, client, endedAt }) =>
      direction === "inbound" &&
      client !== null &&
      sameNumber(client, told.client) &&
      (endedAt === null || endedAt >= told.startedAt - START_TOLERANCE_MS),
  );
}

/** Who waits longer in a queue is not intercepted any more. */
const LONGEST_RING_MS = 30 * 60_000;

function isAlike(told: ToldCall): (call: Call) => boolean {
  const extensions = new Set(told.employees.map(({ extension }) => extension));
  return ({ startedAt, direction, client, employees }) =>
    Math.abs(startedAt - told.startedAt) <= START_TOLERANCE_MS &&
    direction === told.direction &&
    sameNumber(client, told.client) &&
    employees.some(({ extension }) => extensions.has(extension));
}

async function whole(archive: CallArchive, call: Call): Promise<Call> {
  const into = call.mergedInto === null ? undefined : await archive.find(call.mergedInto);
  return into === undefined || into.id === call.id ? call : whole(archive, into);
}
