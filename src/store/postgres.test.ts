// What the store owes to whoever runs a PostgreSQL: it waits for a restart, says what is wrong, and tells no secrets.
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { sql } from "kysely";
import { expect, test } from "vitest";
import { postgresUrl, startPostgres } from "../../test/databases/private-server.ts";
import { temporaryFolder } from "../../test/temporary-folder.ts";
import { TEST_CERTIFICATE, TEST_KEY } from "../ami/testing/certificate.ts";
import { SqlAmocrmGrants } from "./amocrm-grants.ts";
import { openStore } from "./open-store.ts";
import { examinePostgres } from "./postgres.ts";
import { StoreError } from "./store-error.ts";
import { describeOnPostgres } from "./stores.testing.ts";

describeOnPostgres("a PostgreSQL server", (stores) => {
  const failure = async (databaseUrl: string): Promise<StoreError> => {
    const error = await openStore({ path: "unused", databaseUrl }).then(
      (database) => database.destroy(),
      (reason: unknown) => reason,
    );
    if (!(error instanceof StoreError)) throw new Error(`opened, or not in our words: ${String(error)}`);
    return error;
  };

  test("may be prepared by several programs that start at the same moment", async () => {
    const place = await stores.newPlace();
    const all = await Promise.all(Array.from({ length: 4 }, () => stores.open(place)));
    const versions = await Promise.all(
      all.map((database) => sql<{ version: number }>`select version from schema_version`.execute(database)),
    );
    const [version] = versions.map(({ rows }) => rows);
    expect(version).toHaveLength(1);
    expect(versions.map(({ rows }) => rows)).toEqual(Array.from({ length: 4 }, () => version));
  });

  test("with a newer store is refused in words, and so is a step that fails, without a trace", async () => {
    const place = await stores.newPlace();
    const database = await stores.open(place);
    await sql`update schema_version set version = 9999`.execute(database);
    await expect(openStore(place)).rejects.toMatchObject({ code: "store/newer" });

    await sql`update schema_version set version = 7`.execute(database);
    await sql`drop table command`.execute(database);
    await sql`create table command (surprise text)`.execute(database);
    await expect(openStore(place)).rejects.toMatchObject({ code: "store/failed" });
    expect((await sql`select version from schema_version`.execute(database)).rows).toEqual([{ version: 7 }]);
  });

  test("that does not let us in, or is not there, is told in words and without the password", async () => {
    const { databaseUrl } = await stores.newPlace();
    const { password, port } = stores.server();
    const right = databaseUrl ?? "";
    const tried = {
      "store/refused": right.replace(password, "another-secret"),
      "store/no-database": right.replace("/postgres?", "/nothing?"),
      "store/unreachable": right.replace(`:${port}`, ":1"),
      "store/failed": `${right}&sslrootcert=/nowhere/another-secret.pem`,
    };
    for (const [code, url] of Object.entries(tried)) {
      const error = await failure(url);
      expect(error.code).toBe(code);
      const said = JSON.stringify([error.message, error.stack, error.cause, String(error.cause)]);
      expect(said).not.toContain(password);
      if (code === "store/refused") expect(said).not.toContain("another-secret");
    }
  });

  test("can be looked at without a change", async () => {
    const { databaseUrl } = await stores.newPlace();
    expect(await examinePostgres(databaseUrl ?? "")).toMatch(/^\d+/);
    const { host, port, password } = stores.server();
    await expect(examinePostgres(`postgres://lab:${password}@${host}:${port}/nothing`)).rejects.toMatchObject({
      code: "store/no-database",
    });
    const nowhere = `${databaseUrl}`.replace(/search_path%3D\w+/, "search_path%3Dnowhere");
    await expect(examinePostgres(nowhere)).rejects.toMatchObject({ code: "store/forbidden" });
    await expect(openStore({ path: "unused", databaseUrl: nowhere })).rejects.toMatchObject({
      code: "store/forbidden",
    });
  });

  test("that restarts is waited for, and it is told that it was away", async () => {
    const told: string[] = [];
    const database = await stores.open(undefined, {
      watch: { onLost: ({ code }) => told.push(code), onFound: () => told.push("found") },
    });
    const grants = new SqlAmocrmGrants(database);
    await grants.save("before", "sealed");
    let waiting: Promise<void> | undefined;
    await stores.server().restart(async () => {
      waiting = grants.save("meanwhile", "sealed");
      await expect.poll(() => told).toEqual(["store/unreachable"]);
    });
    await waiting;
    expect(await grants.load("before")).toBe("sealed");
    expect(await grants.load("meanwhile")).toBe("sealed");
    expect(told).toEqual(["store/unreachable", "found"]);
  });

  test("gives numbers as numbers, and none that would not be exact", async () => {
    const database = await stores.open();
    const exact = await sql`select count(*) as count, sum(4::int8) as sum from (values (1), (2)) as two`.execute(
      database,
    );
    expect(exact.rows).toEqual([{ count: 2, sum: 8 }]);
    await expect(sql`select 9007199254740993 as big`.execute(database)).rejects.toMatchObject({ code: "store/failed" });
  });

  test("takes what SQLite takes: NUL in a name, half a millisecond", async () => {
    const database = await stores.open();
    const row = { account: "main", mark: "a\0b", since: 1.5 };
    await database.insertInto("cdr_progress").values({ pbx: "p", mark: row.mark, since: row.since }).execute();
    expect(await database.selectFrom("cdr_progress").select(["mark", "since"]).execute()).toEqual([
      { mark: "a\uFFFDb", since: 2 },
    ]);
  });

  test("names no value of a row in its errors, which go into the log", async () => {
    const database = await stores.open();
    const secret = { account: "main", sealed: "sealed" };
    await database
      .insertInto("amocrm_grant")
      .values({ ...secret, account: "79161234567" })
      .execute();
    const error = await database
      .insertInto("amocrm_grant")
      .values({ ...secret, account: "79161234567" })
      .execute()
      .catch((reason: unknown) => reason as StoreError);
    expect(error).toMatchObject({ code: "store/failed" });
    const { cause, message } = error as StoreError;
    expect(JSON.stringify([message, String(cause), { ...(cause as object) }])).not.toContain("79161234567");
  });

  test("is spoken to over TLS when the URL says so, and only with a certificate that is trusted", async () => {
    const url = (await stores.newPlace()).databaseUrl ?? "";
    expect((await failure(`${url}&sslmode=verify-full`)).code).toBe("store/no-tls");

    const directory = temporaryFolder();
    const authority = join(directory, "authority.pem");
    await writeFile(authority, TEST_CERTIFICATE);
    await using server = await startPostgres({ cert: TEST_CERTIFICATE, key: TEST_KEY });
    const over = `${postgresUrl(server)}?sslmode=`;
    expect((await failure(`${over}verify-full`)).code).toBe("store/untrusted");
    // The certificate is of another name than 127.0.0.1.
    expect((await failure(`${over}verify-full&sslrootcert=${authority}`)).code).toBe("store/untrusted");
    const databaseUrl = `${over}verify-ca&uselibpqcompat=true&sslrootcert=${authority}`;
    const database = await stores.open({ path: "unused", databaseUrl });
    const { rows } = await sql`select ssl from pg_stat_ssl where pid = pg_backend_pid()`.execute(database);
    expect(rows).toEqual([{ ssl: true }]);
    await database.destroy();
  });
});
