/** Brings sound to another rate by straight lines between samples: enough for speech, which goes up and hardly ever down. */
export class Resampler {
  readonly #step: number;
  /** Where the next sample is taken, in samples of the block at hand; −1 is the last one of the block before. */
  #at = 0;
  #last = 0;

  /** @param from Hz of what is given; @param to Hz of what is wanted */
  constructor(from: number, to: number) {
    this.#step = from / to;
  }

  /** The next block, in the order of the sound. */
  take(block: Float32Array): Float32Array {
    if (this.#step === 1 || block.length === 0) return block;
    const end = block.length - 1;
    const count = this.#at > end ? 0 : Math.floor((end - this.#at) / this.#step) + 1;
    const result = new Float32Array(count);
    for (let index = 0; index < count; index++) {
      const at = this.#at + index * this.#step;
      const left = Math.floor(at);
      const before = left < 0 ? this.#last : (block[left] ?? 0);
      const after = block[left + 1] ?? before;
      result[index] = before + (after - before) * (at - left);
    }
    this.#at += count * this.#step - block.length;
    this.#last = block[end] ?? 0;
    return result;
  }
}
