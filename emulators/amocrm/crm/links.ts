import type { EntityType } from "./model.ts";

export interface Link {
  readonly type: EntityType;
  readonly id: number;
  /** Main contact of a lead. */
  isMain: boolean;
}

/** Who is linked with whom; every link is kept from both ends. */
export class Links {
  readonly #of = new Map<string, Link[]>();

  of(type: EntityType, id: number, other?: EntityType): readonly Link[] {
    const links = this.#of.get(`${type}:${id}`) ?? [];
    return other ? links.filter((link) => link.type === other) : links;
  }

  /**
   * A lead and a contact have one company: a new one takes the place of the old one (docs/protocols/amocrm-platform.md#leads:
   * `companies` ≤ 1). The first contact of a lead is its main one, and stays it until another is made so.
   */
  add(one: Omit<Link, "isMain">, other: Omit<Link, "isMain">, isMain = false): void {
    const [from, to] = other.type === "leads" ? [other, one] : [one, other];
    if (to.type === "companies") for (const old of this.of(from.type, from.id, "companies")) this.remove(from, old);
    const others = this.of(from.type, from.id, to.type).filter(({ id }) => id !== to.id);
    const main = isMain || (from.type === "leads" && !others.some((link) => link.isMain));
    if (main) for (const link of this.of(from.type, from.id, to.type)) link.isMain = false;
    this.#put(from, { ...to, isMain: main });
    this.#put(to, { ...from, isMain: false });
  }

  remove(from: Omit<Link, "isMain">, to: Omit<Link, "isMain">): void {
    this.#drop(from, to);
    this.#drop(to, from);
  }

  #put(at: Omit<Link, "isMain">, link: Link): void {
    this.#drop(at, link);
    const key = `${at.type}:${at.id}`;
    this.#of.set(key, [...(this.#of.get(key) ?? []), { type: link.type, id: link.id, isMain: link.isMain }]);
  }

  #drop(at: Omit<Link, "isMain">, other: Omit<Link, "isMain">): void {
    const key = `${at.type}:${at.id}`;
    const rest = (this.#of.get(key) ?? []).filter((link) => link.type !== other.type || link.id !== other.id);
    this.#of.set(key, rest);
  }
}
