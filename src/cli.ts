/** The command line: serve, check, config, widget, api-key. What goes wrong is one sentence on standard error, never a stack. */
import { writeFile } from "node:fs/promises";
import { Command } from "commander";
import { makeApiKey } from "./api/api-key.ts";
import { check } from "./check.ts";
import { type Config, configSchema, loadConfig } from "./config/config.ts";
import { ConfigMistakes } from "./lib/config-reading.ts";
import { printSettings, sampleYaml } from "./lib/config-writing.ts";
import { describeSchema } from "./lib/described-schema.ts";
import { failureInWords, isForeseen } from "./lib/failure-words.ts";
import { createLog, type Log } from "./lib/log.ts";
import { version } from "./version.ts";
import { buildWidgetArchive } from "./widget/archive.ts";

/** The service did not start, or stopped by a failure. */
const EXIT_FAILED = 1;
/** The settings are wrong: starting again will not help (sysexits' EX_CONFIG, which systemd can be told of). */
const EXIT_MISCONFIGURED = 78;

interface ConfigOption {
  readonly config?: string;
}

const CONFIG_OPTION = [
  "-c, --config <file>",
  "settings file (default: $KOMMUTATOR_CONFIG or ./kommutator.yaml)",
] as const;

const program = new Command("kommutator")
  .description("Links a company's phones (MikoPBX, Asterisk) with its CRM (amoCRM, Kommo).")
  .version(version)
  .showHelpAfterError("(kommutator --help tells more)");

program
  .command("serve")
  .description("run the service until it is told to stop (SIGTERM, SIGINT); SIGHUP reads the TLS certificate again")
  .option(...CONFIG_OPTION)
  .action(async ({ config: file }: ConfigOption) => {
    const config = await loadConfig(file);
    await runUntilSignal(config, createLog(config.log));
  });

program
  .command("check")
  .description("try everything that the settings name and say what to do; changes nothing")
  .option(...CONFIG_OPTION)
  .action(async ({ config: file }: ConfigOption) => {
    const findings = await check(await loadConfig(file));
    for (const { subject, isWell, says } of findings) console.log(`${isWell ? "ok  " : "FAIL"} ${subject}: ${says}`);
    if (findings.some(({ isWell }) => !isWell)) process.exitCode = EXIT_FAILED;
  });

program
  .command("config")
  .description("print the settings as they are in force, without their secrets; or a sample file to start from")
  .option(...CONFIG_OPTION)
  .option("--sample", "print a sample file")
  .action(async ({ config: file, sample }: ConfigOption & { sample?: boolean }) => {
    const root = describeSchema(configSchema);
    process.stdout.write(sample ? sampleYaml(root) : printSettings(root, await loadConfig(file)));
  });

program
  .command("widget")
  .description("write the widget's archive, to be uploaded into the integration in amoCRM")
  .requiredOption("-o, --out <file.zip>", "where to")
  .option(...CONFIG_OPTION)
  .action(async ({ config: file, out }: ConfigOption & { out: string }) => {
    const { http } = await loadConfig(file);
    await writeFile(out, await buildWidgetArchive({ serviceUrl: http.publicUrl, version }));
    console.log(`${out} is written for ${http.publicUrl}; upload it into the integration in amoCRM`);
  });

program
  .command("api-key")
  .alias("admin-key")
  .description("make a personal key to the API, and what to write into the settings for it")
  .action(() => {
    const { key, hash } = makeApiKey();
    console.log(`the key, shown this once: ${key}`);
    console.log(`for an employee, in accounts[].employees[]: keyHashes: [${hash}]`);
    console.log(`for an administrator, in http.adminKeys: { name: WHOSE, hash: ${hash} }`);
  });

/** Other commands need not wait until the whole service is loaded. */
async function runUntilSignal(config: Config, log: Log): Promise<void> {
  const { startService } = await import("./main.ts");
  const stop = Promise.withResolvers<string>();
  for (const signal of ["SIGINT", "SIGTERM"] as const) {
    process.on(signal, () => {
      stop.resolve(signal);
      // A second wish is an impatient one. Nothing is lost: what must survive is on disk.
      process.once(signal, () => process.exit(EXIT_FAILED));
    });
  }
  const endBy = (error: unknown) => {
    log.error({ error }, "stopped by a failure that was not foreseen");
    process.exit(EXIT_FAILED);
  };
  process.on("uncaughtException", endBy);
  process.on("unhandledRejection", endBy);

  const service = await startService(config, log).catch((error: unknown) => {
    if (!isForeseen(error)) log.error({ error }, "not started");
    throw error;
  });
  process.on("SIGHUP", () => {
    service.reloadCertificate().then(
      () => log.info("certificate read again"),
      (error: unknown) => log.error({ reason: failureInWords(error) }, "certificate not read, the old one stays"),
    );
  });
  log.info({ url: service.url }, "ready");
  log.info({ signal: await stop.promise }, "stopping");
  await service[Symbol.asyncDispose]();
  log.info("stopped");
}

try {
  await program.parseAsync();
} catch (error) {
  if (error instanceof ConfigMistakes) {
    for (const mistake of error.mistakes) console.error(mistake);
    process.exitCode = EXIT_MISCONFIGURED;
  } else {
    console.error(
      `kommutator: ${failureInWords(error)}${isForeseen(error) ? "" : " (this was not foreseen: please report it)"}`,
    );
    process.exitCode = EXIT_FAILED;
  }
}
