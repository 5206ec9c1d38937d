/** A service that has locked its store, to be killed: told where the store is, it tells when it has the lock. */
import { lockStore } from "../store-lock.ts";

await lockStore(JSON.parse(process.argv[2] ?? "{}"));
process.send?.("locked");
setInterval(() => {}, 60_000);
