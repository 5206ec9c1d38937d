/**
 * Every figure that `/metrics` tells, declared here and nowhere else; `docs/operating.md` lists them from here.
 * Whoever measures is given the metric, not this module's names.
 */
import { Counter, collectDefaultMetrics, Gauge, Histogram, Registry } from "prom-client";

/** From a look-up in memory to a request that waited for a slow disk. */
const SECONDS = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5];

export type Metrics = ReturnType<typeof createMetrics>;

/** A set of its own for each service, so that two in one process (tests) do not add up. */
export function createMetrics() {
  const registry = new Registry();
  const registers = [registry];
  const counter = <const L extends string>(name: string, help: string, labelNames: readonly L[] = []) =>
    new Counter({ name: `kommutator_${name}`, help, labelNames, registers });
  const gauge = <const L extends string>(name: string, help: string, labelNames: readonly L[] = []) =>
    new Gauge({ name: `kommutator_${name}`, help, labelNames, registers });
  const histogram = <const L extends string>(name: string, help: string, labelNames: readonly L[] = []) =>
    new Histogram({ name: `kommutator_${name}`, help, labelNames, registers, buckets: SECONDS });

  return {
    registry,
    pbxUp: gauge("pbx_up", "1 while logged in to the PBX's AMI", ["pbx"]),
    amiEvents: counter("ami_events_total", "AMI events read", ["pbx"]),
    amiRefused: counter("ami_refused_total", "AMI packets that could not be read, by reason", ["pbx", "reason"]),
    callsLive: gauge("calls_live", "Calls that have not ended", ["pbx"]),
    callsEnded: counter("calls_ended_total", "Calls that have ended", ["pbx", "direction", "disposition"]),
    journalFailures: counter(
      "journal_failures_total",
      "Times the journal could not be written; nothing is lost, it is tried again",
      ["pbx"],
    ),
    storeUp: gauge("store_up", "1 while the store's database can be reached; the embedded one always can"),
    crmConnected: gauge("crm_connected", "1 while amoCRM accepts our access", ["account"]),
    outboxWaiting: gauge("outbox_waiting", "Things that amoCRM has still to be told", ["account"]),
    recordingsSettled: counter("recordings_settled_total", "Recordings by what became of them", ["account", "state"]),
    recordingsTrouble: counter(
      "recordings_trouble_total",
      "Times a recording could not be looked for or kept; nothing is lost, it is tried again",
      ["pbx"],
    ),
    recordingsCacheBytes: gauge("recordings_cache_bytes", "Bytes of all mp3 in the cache of recordings"),
    recordingsCacheQuota: gauge("recordings_cache_quota_bytes", "Bytes that the cache of recordings may take"),
    recordingsEvicted: counter(
      "recordings_evicted_total",
      "Recordings that left the cache: for others (they can be had again), or for their age",
      ["reason"],
    ),
    recordingsHeard: counter("recordings_heard_total", "Listenings of recordings", ["account", "by"]),
    recordsRead: gauge("records_read", "1 while the PBX's own call records can be read", ["pbx"]),
    recordsChecked: counter(
      "records_checked_total",
      "Calls held against the PBX's own records, by what came of it: agrees, differs, completed, recovered, missing",
      ["pbx", "verdict"],
    ),
    recordsUnreadable: counter("records_unreadable_total", "Records that were passed over because they make no sense", [
      "pbx",
    ]),
    panels: gauge("panels", "Panels that are connected"),
    panelRefusals: counter("panel_refusals_total", "Panels that were refused, by reason", ["reason"]),
    panelSlowed: counter(
      "panel_slowed_total",
      "Times a panel read too slowly and was given a snapshot instead of changes",
    ),
    panelCommands: counter("panel_commands_total", "Commands from panels by how they ended", ["kind", "outcome"]),
    panelSeconds: histogram("panel_seconds", "From a change of a call to the message that tells the employee's panel"),
    apiCommands: counter("api_commands_total", "Commands from programs by how they ended", ["kind", "outcome"]),
    webhooksWaiting: gauge("webhooks_waiting", "Messages that a receiver has still to be told", ["account", "webhook"]),
    webhookDeliveries: counter(
      "webhook_deliveries_total",
      "Attempts to tell a receiver, by what came of them: taken, failed, set-aside, dropped",
      ["account", "webhook", "outcome"],
    ),
    httpSeconds: histogram("http_seconds", "Time to answer an HTTP request", ["route", "status"]),
  } as const;
}

/** Memory, event loop, garbage collection: for the running service, not for tests. */
export function addProcessMetrics({ registry }: Metrics): void {
  collectDefaultMetrics({ register: registry });
}

/** All metrics as a Markdown table. */
export async function metricsTable({ registry }: Metrics): Promise<string> {
  const metrics = await registry.getMetricsAsJSON();
  const rows = metrics.map(({ name, help, type }) => `| \`${name}\` | ${type} | ${help} |`);
  return ["| Metric | Kind | What it tells |", "| --- | --- | --- |", ...rows].join("\n");
}
