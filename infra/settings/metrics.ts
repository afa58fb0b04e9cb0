import { known, type Setting } from "./setting.ts";

/** Where metrics, alerts and changes come from. */
export const metricsSettings = [
  {
    ...known,
    name: "PROMETHEUS_URL",
    group: "metrics",
    meaning: "Your Prometheus (or Thanos, Mimir, VictoriaMetrics). Unset: the recorded incident is replayed",
  },
  {
    ...known,
    name: "SMARTCLOUDOPS_CATALOG",
    group: "metrics",
    meaning: "YAML file that overrides or adds metrics. Unset: the built-in catalog",
  },
  {
    ...known,
    name: "SMARTCLOUDOPS_TARGETS",
    group: "metrics",
    meaning: "YAML file that names targets. Unset: found through Prometheus and EC2",
  },
  {
    ...known,
    name: "SMARTCLOUDOPS_RATE_WINDOW",
    group: "metrics",
    meaning: "Window of rates, for example 2m. Unset: four scrape intervals",
  },
  {
    ...known,
    name: "SMARTCLOUDOPS_COLLECTION_SECONDS",
    group: "metrics",
    fallback: "60",
    meaning: "Seconds between two rows of the collected history, 5 to 3600; no less than the scrape interval",
  },
  {
    ...known,
    name: "SMARTCLOUDOPS_RETENTION_DAYS",
    group: "metrics",
    fallback: "90",
    meaning: "Days for which the collected history is kept, 1 to 3650",
  },
  {
    ...known,
    name: "SMARTCLOUDOPS_ALERTS_TOKEN",
    group: "metrics",
    secret: true,
    meaning: "Bearer that Alertmanager sends with its webhook. Unset: only this machine may post alerts",
  },
  {
    ...known,
    name: "ALERTMANAGER_URL",
    group: "metrics",
    meaning: "Your Alertmanager, which is told of silences. Unset: an incident is silenced only here",
  },
  {
    ...known,
    name: "SMARTCLOUDOPS_CHANGES_TOKEN",
    group: "metrics",
    secret: true,
    meaning:
      "Bearer that a CI sends to POST /changes. Unset: only an operator on this machine may tell of changes",
  },
] as const satisfies readonly Setting[];
