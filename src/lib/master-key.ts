/**
 * The installation's one secret of its own, kept outside the database: 32 random bytes from which the key for each
 * purpose is derived, so that no two purposes share one.
 */
import { hkdfSync, randomBytes } from "node:crypto";
import { chmod, link, mkdir, open, readFile, rm } from "node:fs/promises";
import { dirname } from "node:path";

const KEY_BYTES = 32;

export class MasterKeyError extends Error {
  override readonly name = "MasterKeyError";
}

export class MasterKey {
  readonly #bytes: Uint8Array;

  private constructor(bytes: Uint8Array) {
    this.#bytes = bytes;
  }

  /** @param hex 64 hexadecimal digits, checked by the settings' schema */
  static fromHex(hex: string): MasterKey {
    return new MasterKey(Buffer.from(hex, "hex"));
  }

  /**
   * Reads the key from its file; makes file and key when there is none (readable by this user alone).
   * Two programs that start at once end with the same key.
   * @throws MasterKeyError when the file holds no key; the file system's own error when it cannot be read or made
   */
  static async fromFile(file: string): Promise<MasterKey> {
    const hex = (await readIfThere(file)) ?? (await makeKeyFile(file));
    if (!/^[0-9a-f]{64}$/i.test(hex)) {
      throw new MasterKeyError(
        `the key file ${file} does not hold 64 hexadecimal digits; put the right one back (a new one makes old recording links and the stored amoCRM tokens useless)`,
      );
    }
    return MasterKey.fromHex(hex);
  }

  /** 32 bytes for one purpose, always the same for the same purpose (HKDF, RFC 5869). */
  derive(purpose: "token-encryption" | "recording-links" | "recording-grants" | "webhook-path"): Uint8Array {
    return new Uint8Array(hkdfSync("sha256", this.#bytes, new Uint8Array(), `kommutator/${purpose}`, KEY_BYTES));
  }
}

async function readIfThere(file: string): Promise<string | undefined> {
  try {
    return (await readFile(file, "utf8")).trim();
  } catch (error) {
    if (isCode(error, "ENOENT")) return undefined;
    throw error;
  }
}

/** Writes the whole key beside its place and links it there: a power cut or a second program never sees half a key. */
async function makeKeyFile(file: string): Promise<string> {
  await mkdir(dirname(file), { recursive: true });
  const draft = `${file}.${randomBytes(6).toString("hex")}`;
  const hex = randomBytes(KEY_BYTES).toString("hex");
  const handle = await open(draft, "wx", 0o600);
  try {
    await handle.writeFile(`${hex}\n`);
    await handle.sync();
  } finally {
    await handle.close();
  }
  try {
    await chmod(draft, 0o600); // whatever the umask was
    await link(draft, file);
    return hex;
  } catch (error) {
    if (isCode(error, "EEXIST")) return (await readIfThere(file)) ?? "";
    throw error;
  } finally {
    await rm(draft, { force: true });
  }
}

function isCode(error: unknown, code: string): boolean {
  return error instanceof Error && "code" in error && error.code === code;
}
