/** Why the service cannot start, as one sentence for the person who starts it, with what to do. */
export class StartError extends Error {
  override readonly name = "StartError";
}
