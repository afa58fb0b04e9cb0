import { isDeepStrictEqual } from "node:util";
import type { Alert } from "./incident.ts";
import type { Redact } from "./store.ts";

type Outside = { labels?: unknown; labels_hidden?: true };

/**
 * An alert as it is stored: other people's labels and texts may hold secrets, and a row outlives them. Labels of which
 * something was hidden name the alert no more: Alertmanager is neither asked about them nor told to silence them.
 */
export function withoutSecrets(alert: Alert, redact: Redact): Alert {
  const { title, summary, detail } = redact({
    title: alert.title,
    summary: alert.summary,
    detail: alert.detail,
  });
  const [before, after] = [outsideOf(alert.detail), outsideOf(detail)];
  const isHidden = after !== null && !isDeepStrictEqual(before?.labels, after.labels);
  const alertmanager = isHidden ? { alertmanager: { ...after, labels_hidden: true } } : {};
  return { ...alert, title, summary, detail: { ...detail, ...alertmanager } };
}

function outsideOf(detail: Alert["detail"]): Outside | null {
  return detail.alertmanager ? (detail.alertmanager as Outside) : null;
}

/** Whether the labels that are stored are not the alert's own. */
export function hidesLabels(detail: Alert["detail"]): boolean {
  return outsideOf(detail)?.labels_hidden === true;
}
