/** A PBX with many calls up whose AMI is away for a moment: how soon after it is back all of them stand there again. */
import { setTimeout as pause } from "node:timers/promises";
import type { Call } from "../../src/calls/call.ts";
import { startLab } from "../../test/lab/lab.ts";
import { when } from "../../test/lab/wait.ts";
import { Office } from "../../test/live/office.ts";
import { CuttableLink } from "../../test/soak/scripted/cuttable-link.ts";

export interface ReconnectFigures {
  readonly calls: number;
  /** From the moment when the PBX can be reached again to the whole picture. */
  readonly milliseconds: number;
  /** Calls that are told otherwise than before. */
  readonly wrong: number;
}

const AWAY_MS = 2_000;
/** Of so many one is answered; the others ring. Sound is what would cost this machine most. */
const ANSWERED_OF = 10;
const WITHIN_MS = 60_000;

export async function measureReconnect(calls: number): Promise<ReconnectFigures> {
  await using stack = new AsyncDisposableStack();
  const lab = stack.use(await startLab({ ringSeconds: { first: 600 } }));
  const provider = await lab.provider().start();
  const phone = await lab.phone("201").start();
  const link = stack.use(new CuttableLink());
  const port = await link.open(lab.ami.port);
  const office = stack.use(await Office.open({ ami: { ...lab.ami, port } }));
  for (let n = 0; n < calls; n++) {
    provider.call({ from: String(79_100_000_000 + n), did: "74950003344" });
    const ringing = await phone.waitCall();
    if (n % ANSWERED_OF === 0) ringing.answer();
  }
  const isUp = () =>
    office.tracker.live().filter(({ cards }) => cards.length === 1).length === calls ? true : undefined;
  await when(office.told, isUp, { what: `${calls} calls are told`, ms: WITHIN_MS });
  await pause(1_000); // the last of them are answered
  const before = new Map(office.tracker.live().map((call) => [call.id, face(call)]));

  await link.fail("cut");
  await pause(AWAY_MS);
  const backAt = performance.now();
  await link.mend();
  const { onSight } = office.watcher;
  const isSeen = () => (office.watcher.sight.state === "up" ? true : undefined);
  await when(onSight, isSeen, { what: "the PBX is seen again", ms: WITHIN_MS });
  await office.tracker.kept();
  const milliseconds = performance.now() - backAt;
  const after = office.tracker.live();
  const wrong =
    after.filter((call) => before.get(call.id) !== face(call)).length + Math.abs(before.size - after.length);
  return { calls: before.size, milliseconds, wrong };
}

/** What panels show of a call. */
function face({ client, did, direction, cards }: Call): string {
  const shown = cards.map(({ legId, extension, state, peer }) => ({ legId, extension, state, peer }));
  return JSON.stringify({ client, did, direction, shown });
}
