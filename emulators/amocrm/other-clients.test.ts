// The stand is no echo of our own client: other people's clients, which know the real CRM, work with it, too.
import { execFile } from "node:child_process";
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { expect, test } from "vitest";
import { temporaryFolder } from "../../test/temporary-folder.ts";
import { startAmocrm } from "./server.ts";
import { smallCompany } from "./small-company.ts";
import type { MadeByOther, StandAddress } from "./test-kit/other-clients.ts";

const PROGRAM = fileURLToPath(new URL("./test-kit/other-clients.ts", import.meta.url));
const AUTH = { client_id: "00000000-0000-4000-8000-000000000001", redirect_uri: "https://pbx.example.org/callback" };

test.each<StandAddress["client"]>(["amocrm-js", "@shevernitskiy/amo"])(
  "%s connects, lists, creates and updates",
  async (client) => {
    const { accounts } = smallCompany();
    const seed = { accounts: accounts.map((one) => ({ ...one, identity: { ...one.identity, host: "127.0.0.1" } })) };
    await using stand = await startAmocrm({ port: 0, seed, https: true });
    const directory = temporaryFolder();
    const pem = join(directory, "stand.pem");
    await writeFile(pem, stand.certificate ?? "");
    stand.controls.setOptions({ perIntegration: 0, perAccount: 0 }); // they keep no pace
    const { client_secret } = stand.controls.registerIntegration(AUTH);
    const code = stand.controls.issueCode(AUTH.client_id);
    const address: StandAddress = { host: stand.host, client, auth: { ...AUTH, client_secret }, code };

    const { stdout } = await promisify(execFile)(process.execPath, [PROGRAM], {
      env: { NODE_EXTRA_CA_CERTS: pem, STAND: JSON.stringify(address) },
      timeout: 20_000,
    });
    const made = JSON.parse(stdout) as MadeByOther;

    const { account } = stand.controls;
    expect(made.contacts).toContain("Анна Кравцова");
    expect(made.contacts).toContain("Чужой клиент, исправлен");
    expect(stand.controls.entity("contacts", made.contact).name).toBe("Чужой клиент, исправлен");
    expect(stand.controls.entity("leads", made.lead).name).toBe("Чужая сделка");
    expect(account.notes.get(made.note)).toMatchObject({
      entity_id: made.lead,
      note_type: "call_in",
      params: { uniq: "чужой-1" },
    });
    expect(account.tasks.get(made.task)).toMatchObject({ entity_id: made.lead, text: "Позвонить" });
    expect(account.unsorted.get(made.unsorted)).toMatchObject({ category: "sip", metadata: { uniq: "чужой-2" } });
    expect(stand.controls.requests().filter(({ status }) => status >= 400)).toEqual([]);
  },
);
