/** What the scripts have in common: how a call with a client begins, how it ends, and what is to be told of it. */
import type { Call } from "../../lab/sip/call.ts";
import type { Desk, Extension } from "./company.ts";
import type { Lived } from "./lived.ts";

/** One call from its beginning to its end. */
export type Script = (desk: Desk) => Promise<Lived>;

/** What came of a call, without who called whom. */
export type Course = Omit<Lived, "direction" | "client" | "did" | "queue">;

export const FIRST_LINE = "74950003344";
export const QUEUE_LINE = "74950003345";
export const GROUP_LINE = "74950003346";

/** A call with a client, from the moment in which somebody dialled. */
export interface ClientCall {
  /** Epoch milliseconds. */
  readonly startedAt: number;
  /** The client's side. */
  readonly far: Call;
  /** The whole of it, as it is to be told. */
  readonly lived: (course: Course) => Lived;
}

/** A client, and the employee whose phone he has reached, or who has called him. */
export interface Talk extends ClientCall {
  readonly by: Extension;
  /** The employee's side. */
  readonly mine: Call;
}

/** @param client none: one who has not called yet; null: he withholds his number */
export function clientCalls(desk: Desk, did: string, client: string | null = desk.newClient()): ClientCall {
  return {
    startedAt: Date.now(),
    far: desk.clientCalls(client, did),
    lived: (course) => ({ direction: "inbound", client, did, queue: did === QUEUE_LINE ? "main" : null, ...course }),
  };
}

/** The client who calls is taken by this employee, and they talk. */
export async function takenBy(desk: Desk, by: Extension, call: ClientCall): Promise<Talk> {
  const mine = await desk.pickUp(by);
  await call.far.waitState("talking");
  await desk.talk();
  return { ...call, by, mine };
}

/** A client calls the first line, and 201 takes it. */
export const talkTo201 = (desk: Desk): Promise<Talk> => takenBy(desk, "201", clientCalls(desk, FIRST_LINE));

/** One of the two hangs up. @param others what became of whoever else was rung */
export async function oneHangsUp(
  desk: Desk,
  { startedAt, far, lived, by, mine }: Talk,
  others: Lived["employees"] = {},
): Promise<Lived> {
  const endedBy = await desk.end({ client: far, [by]: mine }, [far, mine]);
  return lived({
    disposition: "answered",
    endedBy,
    employees: { ...others, [by]: "answered" },
    times: { startedAt, far: [far], near: { [by]: [mine] } },
  });
}

/** The two talk on after a moment on hold. */
export async function hold(desk: Desk, { mine }: Talk): Promise<void> {
  await mine.hold();
  await desk.talk();
  await mine.unhold();
}
