/** Four calls, and what a careful person would have entered of each. */
import { PEOPLE, PIPELINES } from "../../emulators/amocrm/small-company.ts";
import type { Call } from "../../src/calls/call.ts";
import type { EmulatedPbx } from "../stage/emulated-pbx.ts";
import type { TestCall } from "../stage/pbx.ts";
import type { Stage } from "../stage/stage.ts";

const SALES = "74950003344";
const ANNA = "79001234567";
/** Long enough to be told from nothing where records count whole seconds. */
const TALK_MS = 1_100;

export interface Scenario {
  readonly name: string;
  /** Everybody does his part, whatever becomes of the service. @param nth no two runs have the same */
  play(pbx: EmulatedPbx, nth: number): Promise<void>;
  readonly direction: Call["direction"];
  readonly disposition: Call["disposition"];
  /** What stands in the CRM of such calls, each by what it is written as: one more after each run. */
  written(crm: Stage["crm"]): readonly Entry[];
}

/** An entry in the CRM. */
export interface Entry {
  readonly id: number | string;
  /** Where the call is heard; undefined: it has no sound. */
  readonly link: string | undefined;
}

export const SCENARIOS: readonly Scenario[] = [
  {
    name: "inbound",
    direction: "inbound",
    disposition: "answered",
    async play(pbx) {
      const { theirs, ours } = await answered(pbx);
      await talk();
      await hangUp(theirs, ours);
    },
    written: (crm) => notes(crm, "call_in"),
  },
  {
    name: "outbound",
    direction: "outbound",
    disposition: "answered",
    async play(pbx) {
      const ours = await (await pbx.phone("202")).dial(ANNA);
      const theirs = await pbx.waitAtClient(ANNA);
      await theirs.answer();
      await Promise.all([ours.untilTalking(), theirs.untilTalking()]);
      await talk();
      await hangUp(ours, theirs);
    },
    written: (crm) => notes(crm, "call_out"),
  },
  {
    name: "missed",
    direction: "inbound",
    disposition: "missed",
    async play(pbx, nth) {
      const theirs = await pbx.clientCalls({ from: String(79_039_000_000 + nth), did: SALES });
      const ours = await (await pbx.phone("201")).waitCall();
      await talk();
      await hangUp(theirs, ours);
    },
    written: ({ controls }) =>
      [...controls.account.unsorted.values()]
        .filter(({ pipeline_id: pipeline }) => pipeline === PIPELINES.sales)
        .map(({ uid }) => ({ id: uid, link: undefined })),
  },
  {
    name: "transferred",
    direction: "inbound",
    disposition: "answered",
    async play(pbx) {
      const { theirs } = await answered(pbx);
      const colleague = await pbx.phone("202");
      pbx.emulator.phone("201").blindTransfer("202");
      const taken = await colleague.waitCall();
      await taken.answer();
      await taken.untilTalking();
      await talk();
      await hangUp(theirs, taken);
    },
    written: (crm) => notes(crm, "call_in"),
  },
];

/** On the lead of the client who calls and is called: nowhere else should a note of hers be. */
function notes({ controls: { account } }: Stage["crm"], type: string): Entry[] {
  return account
    .notesOf("leads", PEOPLE.anna.lead)
    .filter(({ note_type }) => note_type === type)
    .map(({ id, params }) => ({ id, link: String(params["link"] ?? "") }));
}

async function answered(pbx: EmulatedPbx): Promise<{ theirs: TestCall; ours: TestCall }> {
  const theirs = await pbx.clientCalls({ from: ANNA, did: SALES });
  const ours = await (await pbx.phone("201")).waitCall();
  await ours.answer();
  await Promise.all([theirs.untilTalking(), ours.untilTalking()]);
  return { theirs, ours };
}

function talk(): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, TALK_MS));
}

async function hangUp(one: TestCall, other: TestCall): Promise<void> {
  await one.hangUp();
  await Promise.all([one.untilEnded(), other.untilEnded()]);
}
