/** The stand's time: it flows like the real one and can be pushed forward, so that an hour of retries takes no hour. */
export interface StandClock extends Disposable {
  /** Epoch ms. */
  now(): number;
  /** Runs `job` once when `ms` of the stand's time have passed. */
  after(ms: number, job: () => void | Promise<void>): Disposable;
  /** Pushes the time forward; jobs that fall due on the way run in their order and are awaited. */
  advance(ms: number): Promise<void>;
}

/** Unix seconds, the unit of every time in the CRM's API. */
export const secondsOf = (clock: StandClock): number => Math.floor(clock.now() / 1000);

interface Job {
  readonly dueAt: number;
  readonly run: () => void | Promise<void>;
}

/** @param realNow epoch ms of the clock it follows; a test may hand in one that stands still. */
export function startClock(realNow: () => number = Date.now): StandClock {
  let ahead = 0;
  let timer: NodeJS.Timeout | undefined;
  const jobs = new Set<Job>();
  const now = () => realNow() + ahead;
  const earliest = () => [...jobs].sort((a, b) => a.dueAt - b.dueAt)[0];

  function wait(): void {
    clearTimeout(timer);
    const next = earliest();
    // Node's timers hold at most 2^31 ms; a longer wait is simply looked at again.
    if (next) timer = setTimeout(runDue, Math.min(Math.max(next.dueAt - now(), 0), 2 ** 31 - 1)).unref();
  }
  function runDue(): void {
    for (const job of [...jobs].filter(({ dueAt }) => dueAt <= now())) {
      jobs.delete(job);
      void job.run();
    }
    wait();
  }

  return {
    now,
    after(ms, run) {
      const job = { dueAt: now() + ms, run };
      jobs.add(job);
      wait();
      return { [Symbol.dispose]: () => void jobs.delete(job) };
    },
    async advance(ms) {
      const target = now() + ms;
      for (let job = earliest(); job && job.dueAt <= target; job = earliest()) {
        jobs.delete(job);
        ahead += Math.max(job.dueAt - now(), 0);
        await job.run();
      }
      ahead += Math.max(target - now(), 0);
      wait();
    },
    [Symbol.dispose]() {
      clearTimeout(timer);
      jobs.clear();
    },
  };
}
