/**
 * Sound that can be recognised: each phone plays a steady tone of its own in G.711 A-law, 8,000 samples a second,
 * so that a test can ask who hears whom.
 */

export const SAMPLES_PER_SECOND = 8000;
const LEVEL = 8000; // of 32,767: loud enough to be told from A-law's noise, far from clipping
const ALAW_SILENCE = 0xd5;

/** One second of a tone in A-law; whole hertz loop without a click. 0 hertz is silence. */
export function toneSecond(hertz: number): Uint8Array {
  if (hertz === 0) return new Uint8Array(SAMPLES_PER_SECOND).fill(ALAW_SILENCE);
  const step = (2 * Math.PI * hertz) / SAMPLES_PER_SECOND;
  return Uint8Array.from({ length: SAMPLES_PER_SECOND }, (_, i) => encode(Math.round(LEVEL * Math.sin(step * i))));
}

/** How strong a tone is in the samples (Goertzel): 0 = absent, 1 = as loud as it was sent. */
export function toneStrength(samples: Int16Array, hertz: number): number {
  const w = 2 * Math.cos((2 * Math.PI * hertz) / SAMPLES_PER_SECOND);
  let before = 0;
  let last = 0;
  for (const sample of samples) [before, last] = [last, sample + w * last - before];
  const power = before * before + last * last - w * before * last;
  return Math.sqrt(Math.max(0, power)) / (samples.length / 2) / LEVEL;
}

/** A-law byte → linear sample (ITU-T G.711). */
export const ALAW_TO_LINEAR: Int16Array = Int16Array.from({ length: 256 }, (_, byte) => {
  const bits = byte ^ 0x55;
  const exponent = (bits >> 4) & 7;
  const mantissa = bits & 0x0f;
  const size = exponent === 0 ? (mantissa << 4) + 8 : ((mantissa << 4) + 0x108) << (exponent - 1);
  return bits & 0x80 ? size : -size;
});

function encode(sample: number): number {
  const sign = sample >= 0 ? 0x80 : 0;
  const size = Math.min(32_635, Math.abs(sample)) >> 3; // 13 bits
  let exponent = 7;
  for (let mask = 0x800; exponent > 0 && !(size & mask); mask >>= 1) exponent--;
  const mantissa = (exponent === 0 ? size >> 1 : size >> exponent) & 0x0f;
  return (sign | (exponent << 4) | mantissa) ^ 0x55;
}
