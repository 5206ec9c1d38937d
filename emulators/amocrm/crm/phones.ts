import type { EntityType } from "./model.ts";

export const digitsOf = (text: string): string => text.replaceAll(/\D/g, "");

export interface PhoneOwner {
  readonly type: EntityType;
  readonly id: number;
}

const keyOf = (owner: PhoneOwner) => `${owner.type}:${owner.id}`;

/** Which contacts and companies hold which numbers; compared by digits only, values are kept as typed elsewhere. */
export class PhoneBook {
  readonly #digits = new Map<string, { readonly owner: PhoneOwner; readonly numbers: readonly string[] }>();
  readonly #byLastTen = new Map<string, Set<string>>();

  set(owner: PhoneOwner, values: readonly string[]): void {
    const key = keyOf(owner);
    for (const number of this.#digits.get(key)?.numbers ?? []) this.#byLastTen.get(number.slice(-10))?.delete(key);
    const numbers = values.map(digitsOf).filter((number) => number !== "");
    if (numbers.length === 0) {
      this.#digits.delete(key);
      return;
    }
    this.#digits.set(key, { owner, numbers });
    for (const number of numbers) {
      const last = number.slice(-10);
      const owners = this.#byLastTen.get(last) ?? new Set();
      this.#byLastTen.set(last, owners.add(key));
    }
  }

  /**
   * Owners whose number ends with the last ten digits of `phone`: the rule of `/calls`
   * (docs/protocols/amocrm-platform.md#where-a-call-belongs).
   */
  findByLastTen(phone: string): PhoneOwner[] {
    const last = digitsOf(phone).slice(-10);
    if (last === "") return [];
    return [...(this.#byLastTen.get(last) ?? [])].flatMap((key) => this.#digits.get(key)?.owner ?? []);
  }

  /**
   * Owners with a number that contains `digits` anywhere: the practice's reading of `query=`
   * (docs/protocols/amocrm-platform.md#searching-and-filtering, chosen).
   */
  findContaining(digits: string): PhoneOwner[] {
    return [...this.#digits.values()]
      .filter(({ numbers }) => numbers.some((number) => number.includes(digits)))
      .map(({ owner }) => owner);
  }

  /** Groups of owners of one kind that share a number, for the report on duplicates. */
  shared(type: EntityType): { readonly number: string; readonly ids: number[] }[] {
    return [...this.#byLastTen]
      .map(([number, keys]) => ({
        number,
        ids: [...keys].flatMap((key) => {
          const owner = this.#digits.get(key)?.owner;
          return owner?.type === type ? [owner.id] : [];
        }),
      }))
      .filter(({ ids }) => ids.length > 1);
  }
}
