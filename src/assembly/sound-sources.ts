/** Where a PBX's recordings are, opened by its settings: the nearest first. */
import { readFile } from "node:fs/promises";
import type { Config, PbxConfig } from "../config/config.ts";
import { ForbiddenAddress } from "../lib/peer-pool.ts";
import { StartError } from "../lib/start-error.ts";
import { profiles } from "../pbx/profiles.ts";
import type { NamingRules } from "../recordings/named-file.ts";
import type { RecordingSource } from "../recordings/source.ts";
import { FileSource } from "../recordings/sources/files.ts";
import { HttpSource } from "../recordings/sources/http.ts";
import { MikopbxSource } from "../recordings/sources/mikopbx.ts";
import { zoneOf } from "./cdr-source-of.ts";

/** @throws StartError */
export async function openRecordingSources(
  pbx: PbxConfig,
  accounts: Config["accounts"],
): Promise<readonly RecordingSource[]> {
  const { recordings, records, profile } = pbx;
  const { directory, patterns } = profiles[profile].recording;
  const naming: NamingRules = {
    pbxDirectory: recordings.pbxDirectory ?? directory,
    patterns: recordings.patterns.length > 0 ? recordings.patterns : patterns,
    timeZone: zoneOf(pbx, accounts),
  };
  const { localDirectory, url, user, password } = recordings;
  const sources: RecordingSource[] = [];
  if (localDirectory !== null) sources.push(new FileSource({ ...naming, localDirectory }));
  try {
    if (url !== null) {
      const peer = { url, ...(await certificateOf("recordings", recordings)) };
      sources.push(new HttpSource({ ...naming, ...peer, user, password }));
    }
    if (recordings.fromApi) {
      // The schema has checked that both are there.
      const peer = { url: records.url ?? "", ...(await certificateOf("records", records)) };
      sources.push(new MikopbxSource({ ...naming, ...peer, apiKey: records.apiKey ?? "" }));
    }
  } catch (error) {
    if (error instanceof ForbiddenAddress) throw new StartError(`${error.message}; check the PBX's url settings`);
    throw error;
  }
  return sources;
}

async function certificateOf(
  setting: "recordings" | "records",
  { caFile, fingerprint256 }: Pick<PbxConfig["recordings"], "caFile" | "fingerprint256">,
): Promise<{ ca: string | undefined; fingerprint256: string | undefined }> {
  const pin = fingerprint256 ?? undefined;
  if (caFile === null) return { ca: undefined, fingerprint256: pin };
  try {
    return { ca: await readFile(caFile, "utf8"), fingerprint256: pin };
  } catch (cause) {
    throw new StartError(`the file ${caFile} cannot be read; check ${setting}.caFile and the file's rights`, { cause });
  }
}
