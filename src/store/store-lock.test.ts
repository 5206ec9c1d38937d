// Two services on one store would tell every webhook twice: the second one is refused, until the first has let go.
import { fork } from "node:child_process";
import { once } from "node:events";
import pg from "pg";
import { afterEach, expect, test, vi } from "vitest";
import type { StorePlace } from "./open-store.ts";
import { lockStore, type StoreLockOptions } from "./store-lock.ts";
import { describeOnEachStore, describeOnPostgres } from "./stores.testing.ts";

const NOW = { patienceMs: 0 };

let stack = new AsyncDisposableStack();
afterEach(async () => {
  await stack.disposeAsync();
  stack = new AsyncDisposableStack();
});
const lock = async (place: StorePlace, options: StoreLockOptions = NOW) => stack.use(await lockStore(place, options));
const connect = async ({ databaseUrl }: StorePlace) => {
  const client = new pg.Client(databaseUrl ?? "");
  await client.connect();
  return Object.assign(client, { [Symbol.asyncDispose]: () => client.end() });
};
const refused = { code: "store/taken", message: expect.stringContaining("another Kommutator works with this store") };

describeOnEachStore("the lock of a store", (stores) => {
  test("is one service's; another store is free, and so is this one when it was let go", async () => {
    const place = await stores.newPlace();
    const first = await lock(place);
    await expect(lock(place)).rejects.toMatchObject(refused);
    await lock(await stores.newPlace());
    await stores.open(place); // whoever only looks into it is not hindered
    await first[Symbol.asyncDispose]();
    await lock(place);
  });

  test("is waited for, since whoever had it may be about to stop", async () => {
    const place = await stores.newPlace();
    const first = await lock(place);
    const second = lock(place, { patienceMs: 20_000 });
    await first[Symbol.asyncDispose]();
    await second;
  });

  test("is free again when its service was killed", async () => {
    const place = await stores.newPlace();
    const killed = fork(new URL("./testing/locking.ts", import.meta.url), [JSON.stringify(place)]);
    await once(killed, "message");
    await expect(lock(place)).rejects.toMatchObject(refused);
    killed.kill("SIGKILL");
    await once(killed, "exit");
    await lock(place, { patienceMs: 20_000 });
  });
});

describeOnPostgres("the lock on PostgreSQL", (stores) => {
  /** Asked of the server: an attempt of ours could be the faster one. */
  const untilHeld = async (place: StorePlace) => {
    await using administrator = await connect(place);
    const held = `select from pg_locks join pg_stat_activity using (pid)
                   where locktype = 'advisory' and granted and application_name = 'kommutator lock'`;
    await vi.waitFor(async () => expect((await administrator.query(held)).rowCount).toBe(1), 20_000);
    await expect(lock(place)).rejects.toMatchObject(refused);
  };

  test("is taken again when the server has restarted", async () => {
    const place = await stores.newPlace();
    const onTaken = vi.fn();
    await lock(place, { onTaken });
    await stores.server().restart();
    await untilHeld(place);
    expect(onTaken).not.toHaveBeenCalled();
  });

  test("that another service has got when the server had lost it is told of once, and taken when that one ends", async () => {
    const place = await stores.newPlace();
    const onTaken = vi.fn();
    await lock(place, { onTaken });
    await using other = await connect(place);
    // It waits in the server's own queue, and so is served before whoever has to connect first.
    const key = "hashtextextended('kommutator service ' || current_schema(), 0)";
    const waits = other.query(`select pg_advisory_lock(${key})`);
    await using administrator = await connect(place);
    const end = "select pg_terminate_backend(pid) from pg_stat_activity where application_name = 'kommutator lock'";
    await administrator.query(end);
    await waits;
    await vi.waitFor(() => expect(onTaken).toHaveBeenCalledOnce(), 20_000);
    await other.end();
    await untilHeld(place);
    expect(onTaken).toHaveBeenCalledOnce();
  });
});
