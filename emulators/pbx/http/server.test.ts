/** The JSON side door and the page of desk phones. */
import { expect, test } from "vitest";
import { CLIENT, DID, Stand } from "../testing/stand.ts";

interface Door extends AsyncDisposable {
  readonly stand: Stand;
  send(method: string, path: string, body?: unknown): Promise<{ status: number; json: Record<string, unknown> }>;
}

async function open(): Promise<Door> {
  const stand = await Stand.start({ httpPort: 0 });
  return {
    stand,
    send: async (method, path, body) => {
      const response = await fetch(`http://127.0.0.1:${stand.pbx.httpPort}${path}`, {
        method,
        ...(body === undefined ? {} : { headers: { "content-type": "application/json" }, body: JSON.stringify(body) }),
      });
      return { status: response.status, json: (await response.json()) as Record<string, unknown> };
    },
    [Symbol.asyncDispose]: () => stand[Symbol.asyncDispose](),
  };
}

test("a whole call can be led over HTTP, waiting for facts", async () => {
  await using door = await open();
  const { json } = await door.send("POST", "/calls", { from: CLIENT, did: DID, name: "Иван" });
  await door.send("GET", "/wait?phone=201&state=ringing");
  await door.send("POST", "/phones/201/answer", {});
  await door.send("GET", `/wait?call=${json["id"]}&state=talking`);
  for (const [verb, state] of [
    ["hold", "held"],
    ["unhold", "talking"],
  ]) {
    await door.send("POST", `/phones/201/${verb}`, {});
    expect((await door.send("GET", `/wait?phone=201&state=${state}`)).status).toBe(200);
  }
  await door.send("POST", "/phones/201/blind-transfer", { number: "202" });
  await door.send("GET", "/wait?phone=202&state=ringing");
  await door.send("POST", "/phones/202/answer", {});
  await door.send("POST", `/calls/${json["id"]}/hangup`, {});
  expect((await door.send("GET", "/wait?state=idle")).json["channels"]).toBe(0);
});

test("outbound numbers follow the plan that was put", async () => {
  await using door = await open();
  await door.send("PUT", `/plans/${CLIENT}`, { answerAfterMs: 10 });
  await door.send("POST", "/phones/201/dial", { number: CLIENT });
  expect((await door.send("GET", "/wait?phone=201&state=talking")).status).toBe(200);
});

test("what cannot be done is said, and nothing is lost", async () => {
  await using door = await open();
  expect(await door.send("POST", "/phones/201/answer", {})).toEqual({
    status: 409,
    json: { error: "phone 201 has no call that is ringing" },
  });
  expect((await door.send("POST", "/phones/999/answer", {})).status).toBe(409);
  expect((await door.send("POST", "/phones/201/sing", {})).status).toBe(404);
  expect((await door.send("POST", "/calls", { did: 5 })).status).toBe(400);
  expect((await door.send("PUT", `/plans/${CLIENT}`, { sometimes: true })).status).toBe(400);
  expect((await door.send("POST", "/misbehaviour", { chunkBytes: "many" })).status).toBe(400);
  expect((await door.send("GET", "/wait?phone=201&state=ringing&timeoutMs=20")).status).toBe(408);
  expect((await door.send("GET", "/state")).json["channels"]).toBe(0);
});

test("faults are switched on and off", async () => {
  await using door = await open();
  expect((await door.send("POST", "/misbehaviour", { halfOpen: true })).json).toMatchObject({
    halfOpen: true,
    chunkBytes: 0,
  });
  expect((await door.send("DELETE", "/misbehaviour")).json).toMatchObject({ halfOpen: false });
  await door.send("POST", "/links/drop");
  await door.stand.ami.until(() => door.stand.ami.closed);
});

test("the page is served, and the stream tells the state at once and after every change", async () => {
  await using door = await open();
  const base = `http://127.0.0.1:${door.stand.pbx.httpPort}`;
  for (const path of ["/", "/page.js", "/page.css"]) expect((await fetch(base + path)).status).toBe(200);
  const stream = await fetch(`${base}/events`);
  const reader = stream.body?.pipeThrough(new TextDecoderStream()).getReader();
  const next = async (fits: (text: string) => boolean): Promise<void> => {
    let text = "";
    while (!fits(text)) {
      const { value, done } = (await reader?.read()) ?? { done: true };
      if (done) throw new Error("the stream ended");
      text += value;
    }
  };
  await next((text) => text.includes('"channels":0') && text.includes(DID));
  door.stand.pbx.clientCalls({ from: CLIENT, did: DID });
  await next((text) => text.includes('"state":"ringing"') && text.includes(CLIENT));
  await reader?.cancel();
});
