/** What an administrator sees of the recordings, and does to them, as endpoints of the administrative API. */
import { z } from "zod";
import { ApiRefusal, type Endpoint, endpoint } from "../api/endpoint.ts";
import { LOST_REASONS, type Owned, WAIT_REASONS } from "../recordings/recording.ts";
import type { Sound } from "./sound.ts";

const time = z.int().meta({ description: "Epoch milliseconds" });
/** Each is looked for at the PBX: a day of a large office, and no more at once. */
const MOST_RETRIED = 2_000;
const STATES = ["none", "pending", "ready", "lost"] as const;

const NOT_LOST = new ApiRefusal(409, "not-lost", "There is no such recording, or it is not lost.");

const recordingSchema = z.object({
  callId: z.string(),
  pbx: z.string(),
  state: z.enum(STATES),
  since: time.meta({ description: "When it was first looked for: soon after the call" }),
  parts: z.int().meta({ description: "Sound files that the PBX told of" }),
  waitsFor: z.enum(WAIT_REASONS).nullable().meta({ description: "Why a pending one is not ready yet" }),
  lostReason: z.enum(LOST_REASONS).nullable(),
  seconds: z.number().nullable().meta({ description: "Length of what can be heard" }),
  bytes: z.int().nullable(),
  missing: z.int().meta({ description: "Parts of a ready one that never came, or came without their end" }),
  isCached: z.boolean().meta({ description: "False: it is made again from the PBX's files when somebody listens" }),
});

const listeningSchema = z.object({
  callId: z.string(),
  userId: z.int().nullable().meta({ description: "User of amoCRM; null: whoever held the link" }),
  address: z.string().meta({ description: "Of the network: the last part is cut off" }),
  begunAt: time,
  lastAt: time,
  bytes: z.int().meta({ description: "All that were sent; a player fetches ahead" }),
  reachedSeconds: z.int().meta({ description: "How far into the recording they reach" }),
});

export interface SoundAdminDeps {
  readonly sound: Pick<Sound, "store" | "listenings" | "keeper">;
  /** Ids of the accounts. */
  readonly accounts: readonly string[];
}

export function soundEndpoints({ sound, accounts }: SoundAdminDeps): Endpoint[] {
  const accountOf = ({ account = "" }: Readonly<Record<string, string>>): string => {
    if (accounts.includes(account)) return account;
    throw new ApiRefusal(404, "no-such-account", `Accounts: ${accounts.join(", ")}`);
  };
  const { store, listenings, keeper } = sound;
  return [
    endpoint({
      method: "GET",
      path: "/accounts/{account}/recordings",
      id: "listRecordings",
      summary: "Recordings, the newest first: what is ready, what is waited for, what is lost and why",
      query: z.object({
        state: z.enum(STATES).optional(),
        limit: z.coerce.number().int().min(1).max(500).default(100),
      }),
      answer: z.object({ recordings: z.array(recordingSchema) }),
      run: async ({ params, query }) => {
        const found = await store.list(accountOf(params), query.state, query.limit);
        return { recordings: found.map(toRecording) };
      },
    }),
    endpoint({
      method: "POST",
      path: "/accounts/{account}/recordings/{call}/retry",
      id: "retryRecording",
      summary: "Looks once more for a lost recording; its note is corrected when it is found",
      answer: z.object({}),
      refusals: { [NOT_LOST.code]: NOT_LOST.message },
      run: async ({ params }) => {
        const account = accountOf(params);
        const { call = "" } = params;
        const isOwn = (await store.ownerOf(call))?.account === account;
        if (!isOwn || !(await keeper.retry(call))) throw NOT_LOST;
        return {};
      },
    }),
    endpoint({
      method: "POST",
      path: "/accounts/{account}/recordings/retry",
      id: "retryRecordings",
      summary: `Looks once more for all that were lost for one reason, when it is removed; the newest ${MOST_RETRIED}`,
      body: z.object({ reason: z.enum(LOST_REASONS) }),
      answer: z.object({ retried: z.int() }),
      run: async ({ params, body }) => {
        const lost = await store.list(accountOf(params), "lost", MOST_RETRIED);
        let retried = 0;
        for (const { recording } of lost) {
          const isMeant = recording.state === "lost" && recording.reason === body.reason;
          if (isMeant && (await keeper.retry(recording.callId))) retried++;
        }
        return { retried };
      },
    }),
    endpoint({
      method: "GET",
      path: "/accounts/{account}/listenings",
      id: "listListenings",
      summary: "Who has listened to recordings, the newest first",
      query: z.object({
        call: z.string().max(64).optional().meta({ description: "Of this call only" }),
        before: z.coerce.number().int().optional().meta({ description: "Begun before; epoch milliseconds" }),
        limit: z.coerce.number().int().min(1).max(500).default(100),
      }),
      answer: z.object({ listenings: z.array(listeningSchema) }),
      run: async ({ params, query: { call: callId, before, limit } }) => {
        const found = await listenings.list(accountOf(params), { callId, before, limit });
        return { listenings: found.map(({ account: _, ...listening }) => listening) };
      },
    }),
  ];
}

function toRecording({ pbx, recording }: Owned): z.input<typeof recordingSchema> {
  const { callId, state, since, parts } = recording;
  const mp3 = state === "ready" ? recording.mp3 : state === "pending" ? recording.meanwhile : null;
  return {
    callId,
    pbx,
    state,
    since,
    parts: parts.length,
    waitsFor: state === "pending" ? recording.waitsFor : null,
    lostReason: state === "lost" ? recording.reason : null,
    seconds: mp3?.seconds ?? null,
    bytes: mp3?.bytes ?? null,
    missing: state === "ready" ? recording.missing : 0,
    isCached: state === "ready" && recording.isCached,
  };
}
