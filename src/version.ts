import { readFileSync } from "node:fs";

/** Of this program. package.json stands beside src/ in every installation; a plain read is understood by every tool. */
export const { version } = JSON.parse(readFileSync(new URL("../package.json", import.meta.url), "utf8")) as {
  readonly version: string;
};
