import { Counter, Gauge, Histogram, Registry, collectDefaultMetrics } from "prom-client";

export type Metrics = ReturnType<typeof createMetrics>;

const secondsBuckets = [0.01, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30];

/**
 * What the bot tells Prometheus about itself, `smartcloudops_*` and the usual process metrics. Labels hold only words
 * from closed lists (surfaces, intent kinds, states): never a name that somebody typed.
 */
export function createMetrics() {
  const registry = new Registry();
  collectDefaultMetrics({ register: registry });
  const counter = <Label extends string>(name: string, help: string, labelNames: readonly Label[]) =>
    new Counter({ name: `smartcloudops_${name}`, help, labelNames, registers: [registry] });
  const gauge = <Label extends string>(name: string, help: string, labelNames: readonly Label[]) =>
    new Gauge({ name: `smartcloudops_${name}`, help, labelNames, registers: [registry] });
  const seconds = <Label extends string>(name: string, help: string, labelNames: readonly Label[]) =>
    new Histogram({
      name: `smartcloudops_${name}_seconds`,
      help,
      labelNames,
      buckets: secondsBuckets,
      registers: [registry],
    });
  return {
    registry,
    messages: counter("messages_total", "Messages understood", ["surface", "kind", "source"]),
    clicks: counter("clicks_total", "Buttons pressed, by what came of it", ["surface", "result"]),
    answerSeconds: seconds("answer", "From a message or click to its card", ["kind"]),
    cards: counter("cards_total", "Cards posted and edited", ["surface", "operation", "result"]),
    watchSeconds: seconds("watch_cycle", "One look at all targets", []),
    surfaceConnected: gauge("surface_connected", "1 when the surface is connected", ["surface"]),
    watchLast: gauge("watch_last_timestamp_seconds", "Unix time of the last finished look", []),
    targets: gauge("targets", "Targets in the inventory", []),
    models: gauge("models", "Live models", []),
    incidents: gauge("incidents_unresolved", "Incidents that are not resolved", []),
    plans: gauge("plans", "Plans by status", ["status"]),
    verdicts: gauge("verdicts", "Plans by verdict", ["verdict"]),
    paused: gauge("automation_paused", "1 while the kill switch is on", []),
  };
}
