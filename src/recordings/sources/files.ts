/** Recordings in a directory of this machine: the PBX's own, or a mount of it. */
import { realpath, stat } from "node:fs/promises";
import { join, sep } from "node:path";
import { candidateNames, type NamingRules } from "../named-file.ts";
import { type FoundPart, type RecordingSource, type Refused, type SoughtPart, SourceError } from "../source.ts";

export interface FileSourceOptions extends NamingRules {
  /** `pbxDirectory` as this machine sees it. */
  readonly localDirectory: string;
}

export class FileSource implements RecordingSource {
  readonly name = "files";
  readonly soonestMs = 0;
  readonly #options: FileSourceOptions;

  constructor(options: FileSourceOptions) {
    this.#options = options;
  }

  async find({ file, startedAt }: SoughtPart): Promise<FoundPart | "absent" | Refused> {
    const names = candidateNames(file, startedAt, this.#options);
    if (names === null) return { refused: "outside-directory" };
    const root = await this.#root();
    for (const name of names) {
      const found = await lookAt(root, join(root, name));
      if (found !== "absent") return found;
    }
    return "absent";
  }

  async [Symbol.asyncDispose](): Promise<void> {}

  /** Its own symbolic links are the administrator's. An unmounted directory must not make recordings lost. */
  async #root(): Promise<string> {
    const { localDirectory } = this.#options;
    try {
      return await realpath(localDirectory);
    } catch (error) {
      throw new SourceError("recordings/no-directory", localDirectory, error);
    }
  }
}

async function lookAt(root: string, named: string): Promise<FoundPart | "absent" | Refused> {
  try {
    const file = await realpath(named);
    if (!file.startsWith(root.endsWith(sep) ? root : root + sep)) return { refused: "outside-directory" };
    const told = await stat(file);
    if (!told.isFile()) return "absent";
    return { sign: `${file} ${told.size} ${told.mtimeMs}`, fetch: async () => ({ file }) };
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === "ENOENT" || code === "ENOTDIR") return "absent";
    throw error; // no right to read it, a broken mount
  }
}
