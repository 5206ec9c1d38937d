import { expect, test } from "vitest";
import { authorOf } from "./author.ts";
import { account, call, contact, lead } from "./company.testing.ts";
import { fillTemplate, TEMPLATE_VARIABLES, unknownVariables } from "./template.ts";
import { previewTemplate, templateValues } from "./template-values.ts";

const values = templateValues({
  call: call({ queue: "Продажи" }),
  account,
  clients: [contact(7, lead(70))],
  author: authorOf(call(), account, undefined),
  phone: "+79161234567",
});

test.each([
  ["{client}, {phone}", "Иван, +7 916 123-45-67"],
  ["{employee} ({extension})", "Борис Смирнов (205)"],
  ["{line} / {did} / {queue}", "Реклама / 3345 / Продажи"],
  ["{date} {time}, {talk}, ждал {wait}", "04.07.2025 06:33, 0:40, ждал 0:03"],
  ["По сделке «{lead}»", "По сделке «Сделка 70»"],
  ["Звонок: {client}, {company}", "Звонок: Иван"],
  ["{company}, {client}", "Иван"],
  ["{client} – {company} – {phone}", "Иван – +7 916 123-45-67"],
  ["{nobody} {client}", "{nobody} Иван"],
])("%s is %s", (template, text) => {
  expect(fillTemplate(template, values)).toBe(text);
});

test("a client whose name holds braces is told as he is called", () => {
  expect(fillTemplate("{client}", { ...values, client: "{phone} & $1" })).toBe("{phone} & $1");
});

test("what there is not is named", () => {
  expect(unknownVariables("{phone} {number} {} {Phone}")).toEqual(["number", "", "Phone"]);
});

test("a preview fills every variable, in both languages", () => {
  const all = Object.keys(TEMPLATE_VARIABLES)
    .map((name) => `{${name}}`)
    .join("|");
  for (const language of ["ru", "en"] as const) {
    const { text, unknown } = previewTemplate(all, language);
    expect(unknown).toEqual([]);
    expect(text.split("|").every((part) => part.length > 0 && !part.includes("{"))).toBe(true);
  }
});
