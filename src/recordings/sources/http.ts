/** Recordings on a web server: an agent beside the PBX, or a directory that nginx serves. */
import type { Peer } from "../../lib/peer-pool.ts";
import { candidateNames, type NamingRules } from "../named-file.ts";
import type { FoundPart, RecordingSource, Refused, SoughtPart } from "../source.ts";
import { Remote, type RemoteLimits } from "./remote.ts";

export interface HttpSourceOptions extends NamingRules, Peer {
  /** Below its `url` the directory of the recordings is served; it is never left. */
  readonly user: string | null;
  readonly password: string | null;
  readonly limits?: Partial<RemoteLimits>;
}

export class HttpSource implements RecordingSource {
  readonly name = "http";
  readonly soonestMs = 0;
  readonly #options: HttpSourceOptions;
  readonly #remote: Remote;
  readonly #base: string;

  /** @throws ForbiddenAddress */
  constructor(options: HttpSourceOptions) {
    const { url, ca, fingerprint256, user, password, limits } = options;
    const basic = Buffer.from(`${user ?? ""}:${password ?? ""}`).toString("base64");
    const headers: Record<string, string> = user === null ? {} : { authorization: `Basic ${basic}` };
    this.#options = options;
    this.#remote = new Remote({ url, ca, fingerprint256, headers, ...(limits && { limits }) });
    this.#base = new URL(url).pathname.replace(/\/+$/, "");
  }

  async find({ file, startedAt }: SoughtPart): Promise<FoundPart | "absent" | Refused> {
    const names = candidateNames(file, startedAt, this.#options);
    if (names === null) return { refused: "outside-directory" };
    for (const name of names) {
      const path = `${this.#base}/${name.split("/").map(encodeURIComponent).join("/")}`;
      const told = await this.#remote.head(path);
      if (told === "absent") continue;
      if ("refused" in told) return told;
      return { sign: `${path} ${told.sign}`, fetch: (into) => this.#remote.download(path, into) };
    }
    return "absent";
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.#remote[Symbol.asyncDispose]();
  }
}
