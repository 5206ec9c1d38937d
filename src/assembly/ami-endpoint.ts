import { readFile } from "node:fs/promises";
import type { AmiEndpoint } from "../ami/socket.ts";
import type { PbxConfig } from "../config/config.ts";
import { StartError } from "../lib/start-error.ts";

/** A PBX's AMI as the client takes it, from the settings. @throws StartError when the certificate cannot be read */
export async function readAmiEndpoint({ ami: { host, port, tls } }: PbxConfig): Promise<AmiEndpoint> {
  if (tls === null) return { host, port };
  const { caFile, fingerprint256 } = tls;
  return {
    host,
    port,
    tls: { ca: caFile === null ? undefined : await readCa(caFile), fingerprint256: fingerprint256 ?? undefined },
  };
}

async function readCa(file: string): Promise<string> {
  try {
    return await readFile(file, "utf8");
  } catch (cause) {
    throw new StartError(`the file ${file} cannot be read; check ami.tls.caFile and the file's rights`, { cause });
  }
}
