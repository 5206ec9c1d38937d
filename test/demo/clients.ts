/** The people outside: they call the company one after another, wait as long as they like to, and answer when it calls them. */
import { setTimeout as pause } from "node:timers/promises";
import type { ClientOnPage, DeskPhones } from "../../emulators/pbx/http/phones-page.ts";
import { BUSY_CLIENT, LINES, VISITS, type Visit } from "./company.ts";

const BETWEEN_VISITS_MS = 40_000;
const FIRST_VISIT_MS = 15_000;
/** So long the company's call rings at a client. */
const ANSWERS_AFTER_MS = 4000;
/** Nobody calls while so many clients are on the line already. */
const ENOUGH = 2;

const lives = ({ state }: ClientOnPage) => state !== "ended";

/** Clients call until `signal` is aborted. `say` is given a line for the terminal at each call. */
export async function sendVisits(phones: DeskPhones, say: (line: string) => void, signal: AbortSignal): Promise<void> {
  const visits = new Set<Promise<void>>();
  for await (const turn of turns(signal)) {
    const visit = VISITS[turn % VISITS.length];
    if (visit === undefined || phones.state.outside.filter(lives).length >= ENOUGH) continue;
    const going = pay(phones, visit, say, signal)
      .catch((error: unknown) => {
        if (!signal.aborted) say(`a visit failed: ${error instanceof Error ? error.message : String(error)}`);
      })
      .finally(() => visits.delete(going));
    visits.add(going);
  }
  await Promise.all(visits);
}

/** 0, 1, 2 … each when the time for the next visit has come; ends with `signal`. */
async function* turns(signal: AbortSignal): AsyncGenerator<number> {
  for (let turn = 0; ; turn++) {
    try {
      await pause(turn === 0 ? FIRST_VISIT_MS : BETWEEN_VISITS_MS, undefined, { signal });
    } catch {
      return; // aborted: a pause knows no other failure
    }
    yield turn;
  }
}

async function pay(
  phones: DeskPhones,
  { name, from, line, patienceSeconds, talkSeconds }: Visit,
  say: (line: string) => void,
  signal: AbortSignal,
): Promise<void> {
  const who = `${name === "" ? "a stranger" : name}, +${from}`;
  const id = phones.clientCalls({ from, did: LINES[line] });
  say(`${who} calls (${line}), waits ${patienceSeconds} s`);
  const answeredBy = () =>
    phones.state.phones.find(({ calls }) =>
      calls.some(({ number, state }) => number === from && state !== "ringing" && state !== "calling"),
    );
  const isOver = () => !phones.state.outside.some((call) => call.id === id && lives(call));
  const first = await untilOneOf(
    phones,
    { answered: () => answeredBy() !== undefined, over: isOver },
    patienceSeconds,
    signal,
  );
  if (first === "answered") {
    say(`${who} talks to ${answeredBy()?.name}`);
    await untilOneOf(phones, { over: isOver }, talkSeconds, signal);
  }
  if (!isOver()) phones.clientHangsUp(id);
  say(first === "answered" ? `${who}: the talk is over` : `${who} gave up`);
}

/** Clients answer, or refuse, what the company's calls to them. */
export function answerAtClients(phones: DeskPhones): Disposable {
  const known = new Set<string>();
  return phones.onChange(() => {
    for (const { id, direction, state, number } of phones.state.outside) {
      if (direction !== "out" || state !== "ringing" || known.has(id)) continue;
      known.add(id);
      setTimeout(() => {
        if (!phones.state.outside.some((call) => call.id === id && call.state === "ringing")) return;
        if (number === BUSY_CLIENT) phones.clientRejects(id, 486);
        else phones.clientAnswers(id);
      }, ANSWERS_AFTER_MS).unref();
    }
  });
}

/** The name of the first of these that is true; undefined when the time is over before. */
async function untilOneOf<Name extends string>(
  phones: DeskPhones,
  facts: Readonly<Record<Name, () => boolean>>,
  seconds: number,
  signal: AbortSignal,
): Promise<Name | undefined> {
  const look = () => (Object.keys(facts) as Name[]).find((name) => facts[name]());
  const { promise, resolve } = Promise.withResolvers<Name | undefined>();
  using _ = phones.onChange(() => {
    const name = look();
    if (name !== undefined) resolve(name);
  });
  const time = new AbortController();
  const over = pause(seconds * 1000, undefined, { signal: AbortSignal.any([signal, time.signal]) });
  try {
    return look() ?? (await Promise.race([promise, over]));
  } finally {
    time.abort();
    over.catch(() => undefined); // its end was asked for
  }
}
