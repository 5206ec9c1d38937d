/** Who works in the company, and on which lines it is reached. */
import { z } from "zod";
import { field } from "../lib/described-schema.ts";
import { autoAnswer, digits, keyHash, positive, text, wantAutoAnswer, wantKeyHash, wantText } from "./values.ts";

export const employee = z.strictObject({
  name: field(text, { title: "Name as colleagues see it", want: wantText, example: "Анна Кравцова" }),
  department: field(text.nullable().default(null), { title: "Department", want: wantText, example: "Отдел продаж" }),
  userId: field(positive.nullable().default(null), {
    title: "amoCRM user; empty when the extension belongs to nobody there",
    want: "the number of the user in amoCRM",
    example: "504141",
  }),
  extensions: field(z.array(digits).min(1), {
    title: "Internal numbers; the first is the desk phone that a click rings",
    want: "a list of numbers",
    example: "[201]",
  }),
  mobile: field(digits.nullable().default(null), {
    title: "His mobile, which he may have rung in the place of his desk phone",
    want: "digits",
    example: "79001234567",
    description: "Calls that the PBX makes to it for him count as his own, not as a client's.",
  }),
  line: field(digits.nullable().default(null), {
    title: "The line (DID) that clients see when he dials; empty: what the PBX chooses",
    want: "one of the account's lines",
    example: "74951112233",
  }),
  autoAnswer: field(autoAnswer.nullable().default(null), {
    title: "How his phone is asked to pick up by itself for a click-to-call; empty: as the PBX's setting says",
    want: wantAutoAnswer,
    example: "call-info",
  }),
  holds: field(z.boolean().default(true), {
    title: "His desk phone is asked to hold when he asks for it in the panel; phones that do not obey are found out",
    want: "true or false",
    example: "true",
  }),
  manager: field(z.boolean().default(false), {
    title: "Sees all calls and may command them",
    want: "true or false",
    example: "true",
  }),
  keyHashes: field(z.array(keyHash).default([]), {
    title: "Hashes of his keys to the API, with which his programs see and do what his panel does",
    want: `a list of ${wantKeyHash}`,
    example: `[${"0".repeat(64)}]`,
  }),
});

export const line = z.strictObject({
  did: field(digits, {
    title: "Number that clients dial, as the PBX tells it",
    want: "digits",
    example: "74951112233",
  }),
  label: field(text.nullable().default(null), {
    title: "What the panel calls the line",
    want: wantText,
    example: "Реклама",
  }),
  pipelineId: field(positive.nullable().default(null), {
    title: "Pipeline for unsorted leads of this line; empty: the account's default",
    want: "the number of the pipeline in amoCRM",
    example: "3345",
  }),
});
