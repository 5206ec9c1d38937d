/** Notes of many calls in one request: how a backlog is worked off without asking amoCRM a thousand times. */
import { type BatchItem, type Outcome, PerformFailure } from "../outbox/performer.ts";
import type { CrmEntity, CrmIntent, LogCall } from "../rules/intent.ts";
import { readCreated } from "./answers.ts";
import { toNote } from "./call-note.ts";
import { isDoubted, isGone, lookAt } from "./card.ts";
import { CrmError } from "./crm-error.ts";
import { perform } from "./perform.ts";
import type { Performing } from "./performing.ts";
import { withLink } from "./with-link.ts";

/** A note that is to be written on a card that is there. */
interface Note {
  readonly item: BatchItem;
  readonly intent: LogCall;
  readonly entity: CrmEntity;
}

type Result = Outcome | PerformFailure;

/**
 * @param batch notes of calls, none in doubt, all on cards of one type
 * @returns what became of each, in their order
 * @throws CrmError that is true of all of them
 */
export async function performBatch(batch: readonly BatchItem[], performing: Performing): Promise<readonly Result[]> {
  const within = { ...performing, api: performing.api.as("backlog") };
  await lookAtDoubted(batch, within);
  const notes: Note[] = [];
  const others: BatchItem[] = [];
  for (const item of batch) {
    const note = isBehind(item, others) ? undefined : await toBatchNote(item, within);
    if (note === undefined) others.push(item);
    else notes.push(note);
  }
  const results = new Map([...(await writeNotes(notes, within)), ...(await oneByOne(others, performing))]);
  return batch.map((item) => results.get(item) ?? new CrmError("crm/answer-lost", { mayHaveHappened: true }));
}

/** A client's notes keep their order: what follows one that has to go by itself goes by itself, after it. */
function isBehind({ intent }: BatchItem, others: readonly BatchItem[]): boolean {
  return others.some((other) => phoneOf(other.intent) === phoneOf(intent));
}

const phoneOf = (intent: CrmIntent): string | null => (intent.kind === "log-call" ? intent.call.phone : null);

/** Fifty cards that may be gone are no fifty requests. */
async function lookAtDoubted(batch: readonly BatchItem[], performing: Performing): Promise<void> {
  const doubted = [];
  for (const { intent } of batch) {
    if (intent.kind !== "log-call" || "madeBy" in intent.entity) continue;
    if (await isDoubted(intent.entity, performing, true)) doubted.push(intent.entity);
  }
  if (doubted.length > 1) await lookAt(doubted, performing);
}

/** undefined: it has to go by itself, since its card is not where it was. */
async function toBatchNote(item: BatchItem, performing: Performing): Promise<Note | undefined> {
  const { intent } = item;
  if (intent.kind !== "log-call" || "madeBy" in intent.entity) return undefined;
  const { entity } = intent;
  if ((await isDoubted(entity, performing, true)) && (await isGone(entity, performing))) return undefined;
  return { item, intent: await withLink(intent, performing), entity };
}

async function writeNotes(notes: readonly Note[], performing: Performing): Promise<ReadonlyMap<BatchItem, Result>> {
  const type = notes[0]?.entity.type;
  if (type === undefined) return new Map();
  const bodies = notes.map(({ entity, intent }) => toNote(entity.id, intent));
  let ids: ReadonlyMap<number, number>;
  try {
    ids = await performing.api.createAll(`/api/v4/${type}/notes`, "notes", bodies, readCreated);
  } catch (error) {
    if (error instanceof CrmError && error.code === "crm/invalid") return withoutBad(notes, error, performing);
    throw error;
  }
  const written = notes.flatMap(({ item, intent, entity }, place) => {
    const noteId = ids.get(place);
    const outcome = { kind: "note", entityType: entity.type, entityId: entity.id, noteId: noteId ?? null } as const;
    return noteId === undefined ? [] : [{ item, uniq: intent.uniq, clientKey: intent.call.phone, written: outcome }];
  });
  await performing.written.saveAll(performing.account.id, written);
  return new Map(written.map(({ item, written: outcome }) => [item, outcome]));
}

/** One bad note has amoCRM refuse them all, and nothing was written: the bad ones go by themselves, the others again. */
async function withoutBad(
  notes: readonly Note[],
  { context }: CrmError,
  performing: Performing,
): Promise<ReadonlyMap<BatchItem, Result>> {
  // Where amoCRM does not say which, any may be.
  const bad = new Set(context.badItems ?? notes.map((_, place) => String(place)));
  const good: Note[] = [];
  const others: BatchItem[] = [];
  for (const [place, note] of notes.entries()) {
    if (bad.has(String(place)) || isBehind(note.item, others)) others.push(note.item);
    else good.push(note);
  }
  const written = others.length > 0 ? await writeNotes(good, performing) : [];
  return new Map([...written, ...(await oneByOne(others, performing))]);
}

/** Once the whole account is closed nothing more is asked: while it blocks us each request makes that longer. */
async function oneByOne(items: readonly BatchItem[], performing: Performing): Promise<ReadonlyMap<BatchItem, Result>> {
  const results = new Map<BatchItem, Result>();
  let closed: CrmError | undefined;
  for (const item of items) {
    const result =
      closed === undefined
        ? await alone(item, performing)
        : new CrmError(closed.code, { ...closed.context, mayHaveHappened: false });
    if (result instanceof CrmError && (result.remedy === "hold-account" || result.remedy === "reconnect"))
      closed = result;
    results.set(item, result);
  }
  return results;
}

/** What fails by itself fails for itself, unless it is the whole account that failed. */
async function alone({ intent, attempt }: BatchItem, performing: Performing): Promise<Result> {
  try {
    return await perform(intent, attempt, performing);
  } catch (error) {
    if (error instanceof PerformFailure) return error;
    throw error;
  }
}
