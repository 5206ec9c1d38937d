/**
 * The settings of an installation: one described schema, read once from a YAML file and the environment.
 * The only reader of the environment. `docs/operating.md` and the sample file are made from this schema.
 */
import { readFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { CRM_PATHS } from "../amocrm/paths.ts";
import { ConfigMistakes, readConfig } from "../lib/config-reading.ts";
import { refuseContradictions } from "./contradictions.ts";
import { type Settings, settings } from "./settings.ts";

export const ENVIRONMENT_PREFIX = "KOMMUTATOR_";
/** Names the settings file for the command line; it is no setting itself. */
const CONFIG_FILE_VARIABLE = "KOMMUTATOR_CONFIG";
const DEFAULT_CONFIG_FILE = "kommutator.yaml";
/** By this name hosts and containers hand over a database; our own name for it goes before. */
const DATABASE_VARIABLE = "DATABASE_URL";

/** All settings, and what they must agree on. */
export const configSchema = settings.superRefine((config, context) =>
  refuseContradictions(config, (path, message) => context.addIssue({ code: "custom", path, message })),
);

/** Checked, complete and frozen. Optional settings that were not written are null. */
export type Config = Readonly<Settings>;
export type AccountConfig = Config["accounts"][number];
export type PbxConfig = Config["pbx"][number];

/** @throws ConfigMistakes */
export function parseConfig(
  yaml: string,
  name: string,
  environment: Readonly<Record<string, string | undefined>>,
): Config {
  return readConfig(configSchema, {
    name,
    yaml,
    environment: {
      [`${ENVIRONMENT_PREFIX}STORE__DATABASE_URL`]: environment[DATABASE_VARIABLE],
      ...environment,
    },
    prefix: ENVIRONMENT_PREFIX,
    notSettings: [CONFIG_FILE_VARIABLE],
  });
}

/**
 * Reads the settings file and the environment of this process.
 * @param file default: what KOMMUTATOR_CONFIG names, else kommutator.yaml here
 * @throws ConfigMistakes
 */
export async function loadConfig(file?: string): Promise<Config> {
  const name = file ?? process.env[CONFIG_FILE_VARIABLE] ?? DEFAULT_CONFIG_FILE;
  let yaml: string;
  try {
    yaml = await readFile(name, "utf8");
  } catch (error) {
    const reason =
      error instanceof Error && "code" in error && error.code === "ENOENT" ? "is not there" : "cannot be read";
    throw new ConfigMistakes([
      `refused: the settings file ${name} ${reason}; name one with --config, or make one from: kommutator config --sample`,
    ]);
  }
  return parseConfig(yaml, name, process.env);
}

/** The redirect URI that stands in the account's integration. */
export function redirectUrlOf(config: Config, one: AccountConfig): string {
  return one.amocrm.redirectUrl ?? `${config.http.publicUrl}${CRM_PATHS.oauthReturn}`;
}

/** By what amoCRM knows us; null: an external integration. */
export function integrationOf({ amocrm: { clientId, clientSecret } }: AccountConfig) {
  return clientId === null || clientSecret === null ? null : { clientId, clientSecret };
}

/** Where the API is. */
export function apiUrlOf(one: AccountConfig): string {
  return one.amocrm.baseUrl ?? `https://${one.amocrm.host}`;
}

/** Where the master key is kept when it is not written in the settings. */
export function keyFileOf(config: Config): string {
  return config.secrets.keyFile ?? join(dirname(config.store.path), "secret.key");
}
