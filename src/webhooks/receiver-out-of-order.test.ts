// What becomes of the messages for a receiver who does not take them: nobody else waits, nothing is kept for ever.
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { ALL, DeliveryStage, whole } from "./testing/delivery-stage.ts";

let stage: DeliveryStage;
beforeEach(async () => {
  stage = await DeliveryStage.open();
});
afterEach(() => stage[Symbol.asyncDispose]());

describe("a receiver who is out of order", () => {
  test("is not asked again and again: one message at a time, later each time", async () => {
    const { receiver, url } = await stage.receive();
    receiver.answer = (_, response) => void response.writeHead(503).end();
    const told = await stage.begin({ url });
    for (let client = 0; client < 20; client++)
      await stage.hear([told], ...whole(stage.talk(`7916000${1000 + client}`)));
    const pauses: number[] = [];
    for (let round = 0; round < 6; round++) {
      // Before anything else: on a busy machine the pause may end by itself meanwhile.
      const asked = receiver.all.length;
      await expect.poll(async () => ((await told.courier.state()).nextTryAt ?? 0) > stage.clock.now()).toBe(true);
      const pause = ((await told.courier.state()).nextTryAt ?? 0) - stage.clock.now();
      pauses.push(pause);
      stage.later += pause + 1;
      told.courier.wake();
      await expect.poll(() => receiver.all.length).toBeGreaterThan(asked);
    }
    expect(pauses.at(-1)).toBeGreaterThan(8_000);
    expect(receiver.all.length).toBeLessThanOrEqual(4 + 2 * 6);
  });

  test("slows down nobody else", async () => {
    const dead = await stage.receive();
    dead.receiver.answer = () => undefined;
    const well = await stage.receive();
    const slow = await stage.begin({ id: "dead", url: dead.url });
    const fast = await stage.begin({ id: "well", url: well.url });
    for (let client = 0; client < 10; client++)
      await stage.hear([slow, fast], ...whole(stage.talk(`7916000${1000 + client}`)));
    await expect.poll(() => well.receiver.taken.length).toBe(40);
    expect(dead.receiver.taken).toEqual([]);
  });

  test("keeps no message longer than the settings say, and it is told how many were dropped", async () => {
    const { receiver, url } = await stage.receive();
    receiver.answer = (_, response) => void response.writeHead(500).end();
    const told = await stage.begin({ url, keepHours: 1 });
    await stage.hear([told], ...whole(stage.talk("79161234567")));
    await expect.poll(() => told.courier.state()).toMatchObject({ waiting: 4, reason: expect.any(String) });
    stage.later += 3_600_000 + 60_000;
    told.courier.wake();
    await expect.poll(() => stage.dropped).toBe(4);
    // A call that becomes known too late is not told, either.
    await stage.hear([told], ...whole(stage.talk("79160000002", stage.clock.now() - 2 * 3_600_000)));
    await expect.poll(() => stage.dropped).toBe(8);
    expect((await told.courier.state()).waiting).toBe(0);
  });

  test("with one kind of message only gets the others, and that one is set aside with the reason", async () => {
    const { receiver, url } = await stage.receive();
    receiver.answer = ({ message }, response) =>
      void response.writeHead(message.type === "call-ringing" ? 422 : 200).end();
    const told = await stage.begin({ url });
    await stage.hear([told], ...whole(stage.talk("79161234567")));
    await expect.poll(() => receiver.types).toEqual(ALL.filter((type) => type !== "call-ringing"));
    await expect.poll(() => told.courier.state()).toMatchObject({ waiting: 0, setAside: 1, reason: null });
    const [refused] = await told.courier.list(["set-aside"], 10);
    expect(refused).toMatchObject({ type: "call-ringing", reason: "the receiver answered 422" });
    receiver.answer = (_, response) => void response.end();
    expect(await told.courier.resend(refused?.seq ?? 0)).toBe(true);
    await expect.poll(() => receiver.types.at(-1)).toBe("call-ringing");
    expect(await told.courier.discard(refused?.seq ?? 0)).toBe(false);
  });

  test("with one call only is told of the others meanwhile", async () => {
    const { receiver, url } = await stage.receive();
    const poison = "+79161234567";
    receiver.answer = ({ message }, response) =>
      void response.writeHead(message.call.client === poison ? 500 : 200).end();
    const told = await stage.begin({ url });
    await stage.hear([told], ...whole(stage.talk(poison.slice(1))), ...whole(stage.talk("79160000002")));
    await expect
      .poll(
        () => {
          stage.later += 400; // pauses pass, and no message of the bad call is taken
          told.courier.wake();
          return receiver.typesOf("+79160000002");
        },
        { timeout: 20_000 },
      )
      .toEqual(ALL);
    expect(receiver.typesOf(poison)).toEqual([]);
    // That the last was taken is noted a moment after.
    await expect.poll(async () => (await told.courier.state()).waiting).toBe(4);
  });
});
