import { afterAll, beforeAll } from "vitest";
import { type DatabaseServer, postgresUrl, startPostgres } from "../databases/private-server.ts";
import { describeNeeding } from "../needs.ts";
import { startEmulatedPbx } from "../stage/emulated-pbx.ts";
import { describeSpine } from "./spine.ts";

describeNeeding(["chromium", "postgres"], "from the trunk to the client's card, kept in PostgreSQL", () => {
  let server: DatabaseServer;
  beforeAll(async () => {
    server = await startPostgres();
  });
  afterAll(() => server?.[Symbol.asyncDispose]());
  describeSpine(
    () => startEmulatedPbx(),
    () => ({ service: { environment: { DATABASE_URL: postgresUrl(server) } } }),
  );
});
