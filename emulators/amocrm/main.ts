/** `script/emulator amocrm`: the practice CRM as a program of its own. */
import { readFile, writeFile } from "node:fs/promises";
import { Command, InvalidArgumentError } from "commander";
import { startAmocrm } from "./server.ts";
import { EXTENSIONS, smallCompany } from "./small-company.ts";
import { ArchiveError } from "./widgets/archive.ts";

interface Options {
  readonly port: number;
  readonly host: string;
  readonly lang: "ru" | "en";
  readonly widget?: string;
  readonly redirect: string;
  readonly clientId: string;
  readonly secret: string;
  readonly https?: true;
  readonly certificate?: string;
}

function port(text: string): number {
  const value = Number(text);
  if (!Number.isInteger(value) || value < 0 || value > 65535) throw new InvalidArgumentError("want 0 to 65535");
  return value;
}

const program = new Command("emulator amocrm")
  .description("A practice stand that behaves like the amoCRM API and shows plain pages; a test tool, not a CRM")
  .option("--port <number>", "where to listen; 0: any free port", port, 8090)
  .option("--host <address>", "address to listen on", "127.0.0.1")
  .option("--lang <ru|en>", "language of the pages", "ru")
  .option("--widget <file.zip>", "archive to install at the start")
  .option("--redirect <url>", "redirect address of the integration", "http://127.0.0.1:8080/amocrm/callback")
  .option("--client-id <uuid>", "client_id of the integration", "00000000-0000-4000-8000-000000000001")
  .option("--secret <text>", "its secret key", "practice-secret")
  .option("--https", "speak HTTPS with a certificate of its own")
  .option("--certificate <file.pem>", "where to put that certificate, for clients that should trust it")
  .addHelpText(
    "after",
    "\nGET /_stand lists the stand's controls: faults, clock, request log, invariants, widget upload.",
  );

const options = program.parse().opts<Options>();
try {
  await using stand = await startAmocrm({
    port: options.port,
    host: options.host,
    seed: smallCompany(options.lang),
    https: options.https ?? false,
  });
  stand.controls.registerIntegration({
    client_id: options.clientId,
    client_secret: options.secret,
    redirect_uri: options.redirect,
    name: "Kommutator",
  });
  if (options.certificate && stand.certificate) await writeFile(options.certificate, stand.certificate);
  if (options.widget) {
    const { code } = stand.controls.uploadWidget(await readFile(options.widget), options.clientId, {
      settings: { pbx_users: EXTENSIONS },
    });
    console.log(`widget ${code} is installed`);
  }
  console.log(`practice CRM:  ${stand.url}/\ncontrols:      ${stand.url}/_stand\nstop with Ctrl+C`);
  await new Promise<void>((resolve) => {
    for (const signal of ["SIGINT", "SIGTERM"] as const) process.once(signal, () => resolve());
  });
} catch (error) {
  const lines =
    error instanceof ArchiveError
      ? ["the widget archive is refused:", ...error.faults.map((fault) => `  ${fault}`)]
      : [sentence(error)];
  console.error(lines.join("\n"));
  process.exitCode = 1;
}

function sentence(error: unknown): string {
  const code = error instanceof Error && "code" in error ? error.code : undefined;
  if (code === "EADDRINUSE") return `port ${options.port} is taken: choose another with --port, or 0 for any`;
  if (code === "EACCES") return `port ${options.port} may not be opened by this user: choose one above 1023`;
  if (code === "ENOENT") return `no such file: ${options.widget}`;
  return error instanceof Error ? error.message : String(error);
}
