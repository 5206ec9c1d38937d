/** What the service says of its calls, from its own metrics. */
import { setTimeout as pause } from "node:timers/promises";

export interface ToldCalls {
  readonly ended: number;
  /** Of those that ended. */
  readonly answered: number;
  readonly live: number;
}

/** An overloaded Asterisk is waited for as long as it gets on. */
const STANDSTILL_MS = 30_000;

/** Resolves when so many calls have ended and none is left, or when nothing changes any more. */
export async function untilAllTold(serviceUrl: string, made: number): Promise<ToldCalls> {
  let last = await readTold(serviceUrl);
  for (let end = Date.now() + STANDSTILL_MS; Date.now() < end; await pause(500)) {
    const now = await readTold(serviceUrl);
    if (now.ended !== last.ended || now.live !== last.live) end = Date.now() + STANDSTILL_MS;
    last = now;
    if (now.ended >= made && now.live === 0) break;
  }
  return last;
}

/** @throws when the service does not say it within twenty seconds */
export async function untilMetric(serviceUrl: string, pattern: RegExp): Promise<void> {
  for (const end = Date.now() + 20_000; !pattern.test(await metrics(serviceUrl)); await pause(50)) {
    if (Date.now() > end) throw new Error(`the service does not say ${pattern}`);
  }
}

async function readTold(serviceUrl: string): Promise<ToldCalls> {
  const text = await metrics(serviceUrl);
  return {
    ended: sum(text, /^kommutator_calls_ended_total\{.*\} (\d+)/gm),
    answered: sum(text, /^kommutator_calls_ended_total\{.*disposition="answered".*\} (\d+)/gm),
    live: sum(text, /^kommutator_calls_live\{.*\} (\d+)/gm),
  };
}

async function metrics(serviceUrl: string): Promise<string> {
  return (await fetch(`${serviceUrl}/metrics`)).text();
}

function sum(text: string, pattern: RegExp): number {
  return [...text.matchAll(pattern)].reduce((total, [, value]) => total + Number(value), 0);
}
