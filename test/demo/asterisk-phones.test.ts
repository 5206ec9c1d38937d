/** The drawn phones of a real Asterisk do what the page's keys say, and show what a person at them would see. */
import { afterAll, afterEach, beforeAll, expect, test, vi } from "vitest";
import { CannotDo } from "../../emulators/pbx/devices/cannot-do.ts";
import { describeNeeding } from "../needs.ts";
import type { AsteriskPbx } from "../stage/asterisk-pbx.ts";
import { AsteriskPhones } from "./asterisk-phones.ts";
import { COLLEAGUES, LINES } from "./company.ts";

const ANNA = "79001234567";

describeNeeding("asterisk", "the phones page on a real Asterisk", () => {
  let pbx: AsteriskPbx;
  let phones: AsteriskPhones;

  beforeAll(async () => {
    ({ pbx, phones } = await AsteriskPhones.start(COLLEAGUES, Object.values(LINES)));
  });
  afterEach(() => pbx.hangUpAll());
  afterAll(() => pbx?.[Symbol.asyncDispose]());

  const screen = (extension: string) =>
    phones.state.phones
      .find((phone) => phone.extension === extension)
      ?.calls.map(({ state, number }) => `${state} ${number}`);
  const shows = (extension: string, ...calls: string[]) => expect.poll(() => screen(extension)).toEqual(calls);
  const client = (id: string) => phones.state.outside.find((call) => call.id === id);
  const talk = async () => {
    const id = phones.clientCalls({ from: ANNA, did: LINES.sales });
    await shows("201", `ringing ${ANNA}`);
    await phones.phone("201").answer();
    await expect.poll(() => client(id)?.state).toBe("talking");
    return id;
  };

  test("a client calls, is answered, held, resumed, and let go", async () => {
    const id = await talk();
    expect(client(id)).toEqual({ id, direction: "in", number: ANNA, did: LINES.sales, state: "talking" });
    await phones.phone("201").hold();
    await shows("201", `held ${ANNA}`);
    await phones.phone("201").unhold();
    await shows("201", `talking ${ANNA}`);
    phones.phone("201").hangup();
    await shows("201");
    await expect.poll(() => client(id)?.state).toBe("ended");
  });

  test("a talk is handed over blindly", async () => {
    await talk();
    // Until the PBX has joined the two, it refuses.
    await vi.waitFor(() => phones.phone("201").blindTransfer("202"), 10_000);
    await shows("202", `ringing ${ANNA}`);
    await phones.phone("202").answer();
    await shows("202", `talking ${ANNA}`);
    await shows("201");
  });

  test("a talk is handed over after a word with the colleague: the first one waits meanwhile", async () => {
    const id = await talk();
    await phones.phone("201").dial("202");
    await shows("202", "ringing 201");
    await phones.phone("202").answer();
    await shows("201", "talking 202", `held ${ANNA}`);
    await phones.phone("201").attendedTransfer();
    await shows("202", `talking ${ANNA}`);
    expect(client(id)?.state).toBe("talking");
  });

  test("the company calls a client, who answers", async () => {
    await phones.phone("203").dial("89005550101");
    await expect.poll(() => phones.state.outside.at(-1)).toMatchObject({ direction: "out", state: "ringing" });
    const { id = "" } = phones.state.outside.at(-1) ?? {};
    expect(client(id)?.number).toBe("79005550101");
    phones.clientAnswers(id);
    await shows("203", "talking 79005550101"); // as the PBX spells whom it has called
    phones.clientHangsUp(id);
    await shows("203");
  });

  test("do not disturb refuses, an unregistered phone does not ring, one that answers by itself does", async () => {
    const other = phones.phone("202");
    phones.phone("204").setDoNotDisturb(true);
    await other.dial("204");
    await shows("202");
    expect(screen("204")).toEqual([]);
    phones.phone("204").setDoNotDisturb(false);

    await phones.phone("204").setRegistered(false);
    await other.dial("204");
    await shows("202");
    await phones.phone("204").setRegistered(true);

    phones.phone("204").setAnswerAfter(0);
    await other.dial("204");
    await shows("202", "talking 204");
  });

  test("what cannot be done is said", async () => {
    expect(() => phones.phone("299")).toThrow(CannotDo);
    await expect(phones.phone("201").answer()).rejects.toThrow("phone 201 has no call that is ringing");
    expect(() => phones.clientAnswers("999")).toThrow("no outside call 999");
  });
});
