/** From the path that the PBX names to the file that we can read: another mount, another extension, never outside. */
import { statSync } from "node:fs";
import { join, posix } from "node:path";

export interface RecordingPlace {
  /** Directory as the PBX names it, e.g. "/storage/usbdisk1/mikopbx/astspool/monitor". */
  readonly pbxDirectory: string;
  /** The same directory as this machine sees it (a mount, or the very same path). */
  readonly localDirectory: string;
  /** Extensions to try in turn, best first; MikoPBX names a .webm while the file is still a .wav (mikopbx.md §3.6). */
  readonly extensions: readonly string[];
}

/**
 * @returns the local path of an existing file, "absent" when there is none yet,
 *   or "outside" when the name leads out of the directory (a name is never trusted)
 */
export function locate(named: string, place: RecordingPlace): { file: string; bytes: number } | "absent" | "outside" {
  const root = posix.normalize(`${place.pbxDirectory}/`);
  const path = posix.normalize(named.startsWith("/") ? named : posix.join(root, named));
  if (!path.startsWith(root) || named.includes("\0")) return "outside";
  const { dir, name } = posix.parse(path.slice(root.length));
  for (const extension of place.extensions) {
    const file = join(place.localDirectory, dir, `${name}.${extension}`);
    const stat = statSync(file, { throwIfNoEntry: false });
    if (stat?.isFile()) return { file, bytes: stat.size };
  }
  return "absent";
}
