/** How an employee hands his client over to a colleague: each way ends when one of the two who are left hangs up. */
import type { Call } from "../../lab/sip/call.ts";
import { type Desk, type Extension, released } from "./company.ts";
import type { Lived } from "./lived.ts";
import type { Talk } from "./talks.ts";

/** His phone does it (REFER), unannounced. */
export async function referBlindly(desk: Desk, talk: Talk, to: Extension): Promise<Lived> {
  const leftAt = Date.now();
  const referred = talk.mine.blindTransfer(to);
  const theirs = await desk.pickUp(to);
  await referred;
  return handedOver(desk, talk, "blind", { to, theirs, leftAt });
}

/** His phone does it (REFER), after a consultation on a second line. */
export async function referAfterConsultation(desk: Desk, talk: Talk, to: Extension): Promise<Lived> {
  await talk.mine.hold();
  const line = desk.phone(talk.by).dial(to);
  const theirs = await desk.pickUp(to);
  await line.waitState("talking");
  await desk.talk();
  await talk.mine.attendedTransfer(line);
  const leftAt = Date.now(); // the phone itself ends its lines a moment later
  await released([talk.mine, line]);
  return handedOver(desk, talk, "attended", { to, theirs, lines: [line], leftAt });
}

/** His panel does it, unannounced, while he talks to the client or while he is still rung for him. */
export async function sendByPanel(
  desk: Desk,
  talk: Talk,
  to: Extension,
  state: "talking" | "ringing" = "talking",
): Promise<Lived> {
  const { callId, legId } = await desk.card(talk.by, state);
  if (state === "ringing") await desk.ring();
  desk.ask(talk.by, { kind: "blind-transfer", callId, legId, to });
  const theirs = await desk.pickUp(to);
  if (state === "ringing") await talk.far.waitState("talking");
  return handedOver(desk, talk, "blind", { to, theirs });
}

/** He turns to the colleague by his panel, whose phone rings. */
export async function consultByPanel(desk: Desk, talk: Talk, to: Extension): Promise<Call> {
  const { callId, legId } = await desk.card(talk.by, "talking");
  desk.ask(talk.by, { kind: "attended-transfer", callId, legId, to });
  const theirs = await desk.ringingAt(to);
  if (talk.far.state === "ended") throw new Error("the client has left");
  return theirs;
}

/** He talks to both, each alone, and leaves the client to the colleague by hanging up. */
export async function leaveTo(desk: Desk, talk: Talk, to: Extension, theirs: Call): Promise<Lived> {
  talk.mine.hangup();
  await talk.mine.waitEnd();
  return handedOver(desk, talk, "attended", { to, theirs });
}

interface Handover {
  readonly to: Extension;
  readonly theirs: Call;
  /** His other lines, besides the one with the client. */
  readonly lines?: readonly Call[];
  /** When he was rid of the client, where his phone was released later. */
  readonly leftAt?: number;
}

/** The client talks to the colleague, and one of them hangs up. */
export async function handedOver(
  desk: Desk,
  { startedAt, far, lived, by, mine }: Talk,
  kind: "blind" | "attended" | "park",
  { to, theirs, lines = [], leftAt }: Handover,
): Promise<Lived> {
  await desk.talk();
  const endedBy = await desk.end({ client: far, [to]: theirs }, [far, mine, theirs, ...lines]);
  return lived({
    disposition: "answered",
    endedBy,
    employees: { [by]: "transferred-away", [to]: "answered" },
    transfers: [`${kind} ${by}→${to} completed`],
    times: {
      startedAt,
      far: [far],
      near: { [by]: [mine, ...lines], [to]: [theirs] },
      ...(leftAt === undefined ? {} : { leftAt: { [by]: leftAt } }),
    },
  });
}
