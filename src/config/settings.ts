/** All settings, section by section. */
import { z } from "zod";
import { account } from "./account.ts";
import { http } from "./http.ts";
import { log } from "./log.ts";
import { pbx } from "./pbx.ts";
import { keptRecordings } from "./recordings.ts";
import { secrets, store } from "./store.ts";

export const settings = z.strictObject({
  http,
  store: store.prefault({}),
  secrets: secrets.prefault({}),
  recordings: keptRecordings.prefault({}),
  log: log.prefault({}),
  accounts: z.array(account).min(1),
  pbx: z.array(pbx).min(1),
});

export type Settings = z.output<typeof settings>;
