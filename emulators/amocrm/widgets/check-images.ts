import type { Manifest } from "./check-manifest.ts";
import { readImageHead } from "./image-size.ts";

const MAX_BYTES = 300 * 1024;
const REQUIRED = {
  logo_main: [400, 272],
  logo_small: [108, 108],
  logo: [130, 100],
  logo_medium: [240, 84],
  logo_min: [84, 84],
} as const;
const LOGO_DP = [174, 109] as const;
const TOUR = [1188, 616] as const;

/** Pictures of the archive: which must be there, how large, how heavy (docs/protocols/amocrm-platform.md#the-archive). */
export function* checkImages(files: ReadonlyMap<string, Uint8Array>, manifest: Manifest): Generator<string> {
  for (const [name, size] of Object.entries(REQUIRED)) yield* checkLogo(files, name, size, true);
  yield* checkLogo(files, "logo_dp", LOGO_DP, manifest.locations.includes("digital_pipeline"));
  for (const path of manifest.tourImages) {
    const name = path.replace(/^\//, "");
    if (files.has(name)) yield* checkSize(files, name, TOUR);
    else yield `manifest.json: tour picture ${path} is not in the archive`;
  }
  for (const [name, bytes] of files) {
    if (!name.startsWith("images/")) continue;
    if (!/\.(png|jpe?g|gif)$/.test(name)) yield `${name}: pictures are png, jpg, jpeg or gif`;
    else if (bytes.length > MAX_BYTES) yield `${name}: ${Math.ceil(bytes.length / 1024)} KB, at most 300 KB`;
    else if (readImageHead(bytes)?.animated) yield `${name}: animated pictures are not taken`;
  }
}

function* checkLogo(
  files: ReadonlyMap<string, Uint8Array>,
  logo: string,
  size: readonly [number, number],
  required: boolean,
): Generator<string> {
  const name = ["png", "jpg", "jpeg", "gif"].map((end) => `images/${logo}.${end}`).find((path) => files.has(path));
  if (name) yield* checkSize(files, name, size);
  else if (required) yield `images/${logo}.png (${size.join("x")}) is missing`;
}

function* checkSize(
  files: ReadonlyMap<string, Uint8Array>,
  name: string,
  [width, height]: readonly [number, number],
): Generator<string> {
  const head = readImageHead(files.get(name) ?? new Uint8Array());
  if (!head) yield `${name}: not a readable picture`;
  else if (head.width !== width || head.height !== height) {
    yield `${name}: ${head.width}x${head.height}, must be ${width}x${height}`;
  }
}
