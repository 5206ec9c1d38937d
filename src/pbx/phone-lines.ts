/** Hold, as a person with several lines on one phone means it. */
import type { LegBook, ToldLeg } from "./leg-book.ts";
import type { Channel } from "./switchboard.ts";

export class PhoneLines {
  readonly #book: LegBook;

  constructor(book: LegBook) {
    this.#book = book;
  }

  hold(line: Channel): void {
    const told = this.#book.find(line.uniqueid);
    if (!told) return;
    told.isHeld = true;
    told.resumes = false;
    this.#book.tell(line, { type: "leg-held" });
    this.letGo(line);
  }

  /**
   * A phone talks on one line at a time. When it takes back one line while it talks on the other it is about to swap
   * them or to join them (captures 14, 19): then the line is taken back when the other one lets go.
   */
  resume(line: Channel): void {
    const told = this.#book.find(line.uniqueid);
    // That one which was there before us was held may have been told before, and not be seen in a snapshot.
    if (!told || (!told.isHeld && !line.found)) return;
    told.resumes = this.#otherLinesOf(line, (other) => other.with.length > 0 && !other.isHeld).length > 0;
    if (told.resumes) return;
    told.isHeld = false;
    this.#book.tell(line, { type: "leg-resumed" });
  }

  /** This line talks no more: one that waits to be taken back may be. */
  letGo(line: Channel): void {
    for (const other of this.#otherLinesOf(line, ({ resumes }) => resumes)) this.resume(other);
  }

  /** Lines of the same phone that are `asked` for, which hardly ever are any. */
  #otherLinesOf(line: Channel, asked: (told: ToldLeg) => boolean): readonly Channel[] {
    const phone = line.facts.name.slice(0, line.facts.name.lastIndexOf("-") + 1);
    return [...this.#book.entries()].flatMap(([id, told]) => {
      if (!told.isEmployee || id === line.uniqueid || !asked(told)) return [];
      const other = this.#book.switchboard.find(id);
      return other?.facts.name.startsWith(phone) ? [other] : [];
    });
  }
}
