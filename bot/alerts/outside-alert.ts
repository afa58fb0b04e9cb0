import type { WebhookAlert } from "../../infra/alertmanager-webhook.ts";
import { redactText } from "../../infra/redact.ts";
import type { Target } from "../../infra/inventory.ts";
import type { Catalog } from "../../infra/prometheus/catalog.ts";
import type { Alert, Severity } from "../../remediation/incident.ts";

/** An alert of Alertmanager as the core knows alerts; `known` is whether its target is in the inventory. */
export type OutsideAlert = { alert: Alert; known: boolean };

export type FindTarget = (labels: Readonly<Record<string, string>>) => Target | null;

/** Severities as people write them; what is none of these is a warning. */
const severities = new Map<string, Severity>([
  ["critical", "critical"],
  ["page", "critical"],
  ["emergency", "critical"],
  ["error", "critical"],
  ["info", "info"],
  ["notice", "info"],
]);
const mostTitle = 120;
const mostSummary = 600;
const mostName = 100;
/** Of all labels together, as JSON: more than that is kept of no alert. */
const mostLabels = 8_000;

/** The key of an alert: the same one is updated, never opened twice. */
export const outsideKey = ({ fingerprint }: Pick<WebhookAlert, "fingerprint">) =>
  `alertmanager:${fingerprint}`;

/** Whether an alert's key is one of these. */
export const isOutside = (key: string) => key.startsWith("alertmanager:");

/** Alerts that only prove that alerting works (severity `none`, as Watchdog's) are no trouble. */
export function isHeartbeat({ labels }: Pick<WebhookAlert, "labels">): boolean {
  return (labels.severity ?? "").toLowerCase() === "none";
}

/**
 * Reads one alert: its target by instance id, name or the address part of `instance`; a target nobody knows keeps the
 * name the alert gives it, and is never acted on. Title and summary are the annotations' text, cut to what a card holds.
 */
export function outsideAlert(
  given: WebhookAlert,
  { find, catalog, partial }: { find: FindTarget; catalog: Pick<Catalog, "find">; partial: boolean },
): OutsideAlert {
  const { labels, annotations } = given;
  const target = find(labels);
  const name = labels.alertname ?? "alert";
  const metric = labels.metric === undefined ? null : (catalog.find(labels.metric)?.name ?? null);
  const direction = metric === null ? null : catalog.find(metric)?.worse === "less" ? "below" : "above";
  const where = target?.name ?? strangerName(labels, name);
  const said = clean(annotations.summary ?? annotations.title ?? name);
  const alert: Alert = {
    key: outsideKey(given),
    target: where,
    cause: "alert",
    status: "firing",
    severity: severities.get((labels.severity ?? "").toLowerCase()) ?? "warning",
    title: cut(said.startsWith(where) ? said : `${where}: ${said}`, mostTitle),
    summary: cut(clean(annotations.description ?? annotations.message ?? ""), mostSummary),
    metric,
    direction,
    startsAt: given.startsAt,
    endsAt: null,
    signals: metric === null || direction === null ? [] : [{ metric, direction, share: 1 }],
    detail: {
      alertmanager: {
        fingerprint: given.fingerprint,
        alertname: cut(name, mostName),
        partial,
        ...keptLabels(labels),
      },
    },
  };
  return { alert, known: target !== null };
}

/** As they came, for a silence in Alertmanager must name exactly this alert. */
function keptLabels(labels: WebhookAlert["labels"]): { labels?: WebhookAlert["labels"] } {
  return JSON.stringify(labels).length > mostLabels ? {} : { labels };
}

/** Finds targets by an alert's labels; built once a message, for there may be thousands of both. */
export function findByLabels(targets: readonly Target[]): FindTarget {
  const byName = new Map(targets.map((target) => [target.name, target]));
  const byId = new Map(targets.flatMap((target) => (target.instanceId ? [[target.instanceId, target]] : [])));
  const byAddress = new Map<string, Target | null>();
  for (const target of targets)
    for (const address of target.addresses)
      // An address that two targets share says nothing about which of them it is.
      byAddress.set(address, byAddress.has(address) ? null : target);
  return (labels) => {
    const address = addressOf(labels.instance ?? "");
    return (
      byId.get(labels.instance_id ?? "") ??
      byName.get(labels.target ?? "") ??
      byAddress.get(address) ??
      byName.get(address) ??
      null
    );
  };
}

function addressOf(instance: string): string {
  return instance.replace(/^\[(.*)\](:\d+)?$/, "$1").replace(/^([^:]*):\d+$/, "$1");
}

function strangerName(labels: Readonly<Record<string, string>>, alertname: string): string {
  const named = labels.target ?? addressOf(labels.instance ?? "");
  const name = clean(named === "" ? (labels.host ?? labels.node ?? labels.job ?? alertname) : named);
  return cut(name === "" ? "unknown target" : name, mostName);
}

/** One line without what looks like a secret: people paste commands into annotations. */
function clean(text: string): string {
  return redactText(oneLine(text));
}

function oneLine(text: string): string {
  return text.replace(/[\p{Cc}\p{Cf}\s]+/gu, " ").trim();
}

function cut(text: string, most: number): string {
  const letters = [...text];
  return letters.length <= most ? text : `${letters.slice(0, most - 1).join("")}…`;
}
