/** Every request that came, but the stand's own controls and live updates: the tests' witness. */
export interface LoggedRequest {
  readonly seq: number;
  /** Epoch ms of the stand's clock, when the request came. */
  readonly at: number;
  readonly method: string;
  readonly path: string;
  /** With the question mark, or empty. */
  readonly query: string;
  /** 0: the connection was cut without an answer. */
  readonly status: number;
  /** `client_id`, or null for pages and strangers. */
  readonly integration: string | null;
  readonly user: number | null;
  readonly fault: string | null;
}

export interface RequestSearch {
  readonly method?: string;
  /** Beginning of the path. */
  readonly path?: string;
  readonly status?: number;
  readonly integration?: string;
  /** Only later ones. */
  readonly afterSeq?: number;
}

const KEPT = 200_000;

export class RequestLog {
  #entries: LoggedRequest[] = [];
  #seq = 0;

  add(entry: Omit<LoggedRequest, "seq">): void {
    this.#seq += 1;
    this.#entries.push({ ...entry, seq: this.#seq });
    if (this.#entries.length > KEPT) this.#entries = this.#entries.slice(KEPT / 10);
  }

  find(search: RequestSearch = {}): readonly LoggedRequest[] {
    return this.#entries.filter(
      (entry) =>
        (search.method === undefined || entry.method === search.method) &&
        (search.path === undefined || entry.path.startsWith(search.path)) &&
        (search.status === undefined || entry.status === search.status) &&
        (search.integration === undefined || entry.integration === search.integration) &&
        (search.afterSeq === undefined || entry.seq > search.afterSeq),
    );
  }

  /** The most API requests of one integration that came within any 1000 ms, refused ones included. */
  busiestSecond(integration: string): number {
    const times = this.#entries
      .filter((entry) => entry.integration === integration)
      .map((entry) => entry.at)
      .sort((a, b) => a - b);
    let first = 0;
    return times.reduce((most, at, index) => {
      while ((times[first] ?? at) <= at - 1000) first += 1;
      return Math.max(most, index - first + 1);
    }, 0);
  }

  clear(): void {
    this.#entries = [];
  }
}
