import { afterAll, beforeAll, expect, test } from "vitest";
import { PIPELINES } from "../small-company.ts";
import { CLIENT_ID, startTestStand, type TestStand } from "../test-kit/stand.ts";

let stand: TestStand;
beforeAll(async () => {
  stand = await startTestStand();
});
afterAll(() => stand[Symbol.asyncDispose]());

const api = (method: string, path: string, body?: unknown, headers?: Record<string, string>) =>
  stand.api(method, `/api/v4/leads/pipelines${path}`, body, headers);

test("a pipeline is added with its stages, changed and deleted; the system's stages are there anyway", async () => {
  const stages = [
    { name: "Замер", sort: 20, color: "#fffeb2" },
    { name: "Монтаж", sort: 30 },
  ];
  const given = { name: "Ремонт", sort: 30, is_main: false, is_unsorted_on: false, _embedded: { statuses: stages } };
  const added = await api("POST", "", [{ ...given, request_id: "r" }]);
  expect([added.status, added.json._total_items]).toEqual([200, 1]);
  const [pipeline] = added.json._embedded.pipelines;
  expect(pipeline).toMatchObject({ name: "Ремонт", is_unsorted_on: false, is_archive: false, request_id: "r" });
  expect(pipeline._embedded.statuses.map(({ name, type }: { name: string; type: number }) => [name, type])).toEqual([
    ["Неразобранное", 1],
    ["Замер", 0],
    ["Монтаж", 0],
    ["Успешно реализовано", 0],
    ["Закрыто и не реализовано", 0],
  ]);
  expect((await api("PATCH", `/${pipeline.id}`, { name: "Ремонт окон", is_main: true })).json).toMatchObject({
    name: "Ремонт окон",
    is_main: true,
    sort: 30,
  });
  expect((await api("GET", `/${PIPELINES.sales}`)).json.is_main).toBe(false);
  expect((await api("DELETE", `/${pipeline.id}`)).status).toBe(400); // the main one
  await api("PATCH", `/${PIPELINES.sales}`, { is_main: true });
  expect((await api("DELETE", `/${pipeline.id}`)).status).toBe(204);
  expect((await api("GET", `/${pipeline.id}`)).json.detail).toBe("Pipeline not found");
  expect((await api("DELETE", `/${PIPELINES.service}`)).status).toBe(400); // it has leads
  expect((await api("POST", "", [{ sort: 1 }])).json["validation-errors"][0].errors[0].path).toBe("name");
});

test("a stage is added in its place, changed and deleted; the system's may only be called otherwise", async () => {
  const statuses = `/${PIPELINES.sales}/statuses`;
  const added = await api("POST", statuses, [{ name: "Думает", sort: 25 }]);
  const [status] = added.json._embedded.statuses;
  expect(status).toMatchObject({ name: "Думает", is_editable: true, pipeline_id: PIPELINES.sales, request_id: "0" });
  const { json } = await api("GET", statuses);
  expect(json._embedded.statuses.findIndex(({ id }: { id: number }) => id === status.id)).toBe(2);
  expect((await api("PATCH", `${statuses}/${status.id}`, { color: "#ffffff" })).json.color).toBe("#ffffff");
  expect((await api("PATCH", `${statuses}/142`, { name: "Продано", sort: 1 })).json).toMatchObject({
    name: "Продано",
    sort: 10_000,
  });
  expect((await api("DELETE", `${statuses}/142`)).status).toBe(400);
  expect((await api("DELETE", `${statuses}/${status.id}`)).status).toBe(204);
  expect((await api("GET", `${statuses}/${status.id}`)).status).toBe(404);
});

test("only an administrator changes them", async () => {
  const plain = { authorization: `Bearer ${stand.controls.issueLongLivedToken(CLIENT_ID, 1, 504142)}` };
  expect((await api("GET", "", undefined, plain)).status).toBe(200);
  expect((await api("POST", "", [{ name: "Н" }], plain)).status).toBe(403);
});
