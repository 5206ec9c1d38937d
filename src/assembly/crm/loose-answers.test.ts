// amoCRM's answers in every other spelling that PHP has: the index and the calls are the same as ever.
import { expect, test } from "vitest";
import { PEOPLE } from "../../../emulators/amocrm/small-company.ts";
import { setUp } from "./crm.testing.ts";
import {
  end,
  endedCall,
  giveAccess,
  missed,
  noDoubles,
  notesOf,
  STRANGER,
  unsortedOf,
  untilIndexed,
} from "./world.testing.ts";

test("numbers as texts, flags as texts, nothing as null or as an empty list", async () => {
  const { crm, database, stand, redirectUrl } = await setUp({ connect: false });
  // The answer about the stranger is lost: what is there is found again in the list of unsorted ones.
  stand.controls.addFault({ kind: "reset", performed: true, times: 1, path: "/api/v4/leads/unsorted/sip" });
  stand.controls.addFault({ kind: "loose", times: Number.POSITIVE_INFINITY });
  await giveAccess(stand, redirectUrl);
  await untilIndexed(crm);
  const [anna] = await crm.directory.findByPhone("main", PEOPLE.anna.phone);
  expect(anna).toMatchObject({ name: "Анна Кравцова", openLeads: [{ id: PEOPLE.anna.lead }] });

  const [call, failed] = [endedCall("79001234567"), endedCall(PEOPLE.elena.phone, missed)];
  await end(crm, database, call, failed, endedCall(STRANGER), endedCall(STRANGER));

  expect(notesOf(stand, "leads", PEOPLE.anna.lead).at(-1)?.params).toMatchObject({ uniq: call.id, call_status: 4 });
  expect(notesOf(stand, "contacts", PEOPLE.elena.contact).at(-1)?.params).toMatchObject({ uniq: failed.id });
  expect([...stand.controls.account.tasks.values()]).toMatchObject([{ entity_id: PEOPLE.elena.contact }]);
  expect(unsortedOf(stand)).toHaveLength(1);
  expect(stand.controls.requests({ path: "/api/v4/leads/unsorted/sip", status: 0 })).toHaveLength(1);
  expect(await crm.outbox.summary()).toMatchObject({ waiting: 0, quarantined: 0 });
  expect(stand.controls.invariants()).toMatchObject(noDoubles);
});
