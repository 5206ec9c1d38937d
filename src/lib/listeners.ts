/** A set of callbacks for one kind of happening. Whoever listens gets the way to stop. */
export class Listeners<T> {
  readonly #listeners = new Set<(value: T) => void>();

  add(listener: (value: T) => void): Disposable {
    this.#listeners.add(listener);
    return { [Symbol.dispose]: () => void this.#listeners.delete(listener) };
  }

  tell(value: T): void {
    for (const listener of this.#listeners) listener(value);
  }
}
