/**
 * Draws the widget's logos in the sizes amoCRM asks for: `node web/widget/draw-logos.ts` → web/widget/images/logo*.png.
 * The mark is a K of wires: one call comes from the left, two people can be reached, one of them talks (green).
 */
import { mkdir, writeFile } from "node:fs/promises";
import { fileURLToPath } from "node:url";
import { PNG } from "pngjs";

type Colour = readonly [red: number, green: number, blue: number];
type Point = readonly [x: number, y: number];

const WHITE: Colour = [255, 255, 255];
const PAPER: Colour = [244, 246, 249];
const BLUE: Colour = [33, 96, 207];
const GREEN: Colour = [76, 195, 138];

/** amoCRM's developer pages, "Требования к изображениям". */
export const LOGO_SIZES: Readonly<Record<string, readonly [width: number, height: number]>> = {
  logo_main: [400, 272],
  logo_small: [108, 108],
  logo: [130, 100],
  logo_medium: [240, 84],
  logo_min: [84, 84],
};

/** Points of the mark; the tile around it is the square from -1 to 1. */
const TOP: Point = [-0.36, -0.52];
const BOTTOM: Point = [-0.36, 0.52];
const JOINT: Point = [-0.36, 0];
const FREE: Point = [0.4, -0.5];
const TALKS: Point = [0.4, 0.5];

/** Colour of one point of the picture; `x`, `y` as above, negative distances are inside. */
function colourAt(x: number, y: number): Colour {
  if (roundedSquare(x, y, 0.92, 0.28) > 0) return PAPER;
  if (distance([x, y], TALKS) < 0.19) return GREEN;
  const wires = Math.min(toLine(x, y, TOP, BOTTOM), toLine(x, y, JOINT, FREE), toLine(x, y, JOINT, TALKS)) - 0.085;
  const nodes = Math.min(distance([x, y], FREE), distance([x, y], JOINT)) - 0.17;
  return Math.min(wires, nodes) < 0 ? WHITE : BLUE;
}

/** PNG of one logo. */
export function drawLogo(width: number, height: number): Buffer {
  const png = new PNG({ width, height });
  const scale = Math.min(width, height) / 2;
  const SAMPLES = 4;
  for (let row = 0; row < height; row++) {
    for (let column = 0; column < width; column++) {
      const sum = [0, 0, 0];
      for (let i = 0; i < SAMPLES * SAMPLES; i++) {
        const x = column + ((i % SAMPLES) + 0.5) / SAMPLES;
        const y = row + (Math.floor(i / SAMPLES) + 0.5) / SAMPLES;
        colourAt((x - width / 2) / scale, (y - height / 2) / scale).forEach((part, at) => {
          sum[at] = (sum[at] ?? 0) + part;
        });
      }
      const colour = sum.map((part) => Math.round(part / SAMPLES ** 2));
      png.data.set([...colour, 255], (row * width + column) * 4);
    }
  }
  return PNG.sync.write(png, { colorType: 2 });
}

function distance([ax, ay]: Point, [bx, by]: Point): number {
  return Math.hypot(ax - bx, ay - by);
}

function toLine(x: number, y: number, [ax, ay]: Point, [bx, by]: Point): number {
  const along = ((x - ax) * (bx - ax) + (y - ay) * (by - ay)) / ((bx - ax) ** 2 + (by - ay) ** 2);
  const at = Math.min(Math.max(along, 0), 1);
  return Math.hypot(x - ax - at * (bx - ax), y - ay - at * (by - ay));
}

function roundedSquare(x: number, y: number, half: number, radius: number): number {
  const dx = Math.max(Math.abs(x) - half + radius, 0);
  const dy = Math.max(Math.abs(y) - half + radius, 0);
  return Math.hypot(dx, dy) - radius;
}

if (import.meta.main) {
  const directory = new URL("images/", import.meta.url);
  await mkdir(directory, { recursive: true });
  for (const [name, [width, height]] of Object.entries(LOGO_SIZES))
    await writeFile(fileURLToPath(new URL(`${name}.png`, directory)), drawLogo(width, height));
}
