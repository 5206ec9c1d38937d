/** It is no sound, or of a coding that nobody reads here. */
export class UnreadableSound extends Error {
  override readonly name = "UnreadableSound";
}
