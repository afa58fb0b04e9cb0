import { createHash } from "node:crypto";
import { z } from "zod";

/** One alert of a message. `labels` and `annotations` are other people's text: data, never markup or a command. */
export type WebhookAlert = {
  status: "firing" | "resolved";
  fingerprint: string;
  labels: Record<string, string>;
  annotations: Record<string, string>;
  /** Unix seconds. */
  startsAt: number;
  /** Of one that is resolved, where it was told. */
  endsAt: number | null;
};

/** What Alertmanager says of one group of alerts. */
export type WebhookMessage = {
  receiver: string;
  groupKey: string;
  /** How many alerts were left out of the message: the picture is not whole. */
  truncatedAlerts: number;
  alerts: WebhookAlert[];
};

const mostLetters = 10_000;
const mostAlerts = 20_000;

/** Cut, not refused: Alertmanager never sends again what was refused, with all other alerts of the message. */
const text = z.string().transform((value) => value.slice(0, mostLetters));
/** Own fields only, whatever they are called: `__proto__` is a valid name of a label. */
const texts = z
  .custom<Record<string, string>>(isTexts, { error: "must be an object of texts" })
  .transform((given) =>
    Object.fromEntries(Object.entries(given).map(([name, value]) => [name, value.slice(0, mostLetters)])),
  );
const moment = z.string().transform((value, check) => {
  const at = Date.parse(value) / 1000;
  if (Number.isFinite(at)) return at;
  check.addIssue({ code: "custom", message: "must be a time such as 2026-11-21T03:00:00Z" });
  return z.NEVER;
});

const alert = z.object({
  status: z.enum(["firing", "resolved"]),
  labels: texts,
  annotations: texts.default({}),
  startsAt: moment,
  endsAt: z.string().max(100).optional(),
  fingerprint: z.string().optional(),
});

const message = z.object({
  version: z.literal("4", { error: 'must be "4": only Alertmanager\'s webhook format 4 is understood' }),
  groupKey: text,
  receiver: text.default(""),
  truncatedAlerts: z.int().min(0).default(0),
  alerts: z.array(alert).max(mostAlerts),
});

const mostProblems = 5;
/** A fingerprint as senders make them; anything else is no key for a database. */
const plainName = /^[\w.:-]{1,200}$/;

/**
 * Reads the body of Alertmanager's webhook (format 4, alertmanager docs "webhook_config"). What is needed must be there
 * and right; fields that are not known are left alone. Answers the message, or a sentence that names what is wrong.
 */
export function readWebhook(
  body: unknown,
): { ok: true; message: WebhookMessage } | { ok: false; reason: string } {
  const read = message.safeParse(body);
  if (!read.success) {
    const wrong = read.error.issues.map(({ path, message: said }) => `${path.join(".") || "body"}: ${said}`);
    return { ok: false, reason: wrong.slice(0, mostProblems).join("; ") };
  }
  const { receiver, groupKey, truncatedAlerts } = read.data;
  const alerts = read.data.alerts.map((each) => ({
    ...each,
    endsAt: each.status === "resolved" ? endOf(each.endsAt) : null,
    fingerprint: plainName.test(each.fingerprint ?? "")
      ? (each.fingerprint ?? "")
      : fingerprintOf(each.labels),
  }));
  return { ok: true, message: { receiver, groupKey, truncatedAlerts, alerts } };
}

function isTexts(value: unknown): boolean {
  if (typeof value !== "object" || value === null || Array.isArray(value)) return false;
  return Object.values(value).every((each) => typeof each === "string");
}

function endOf(text: string | undefined): number | null {
  const at = Date.parse(text ?? "") / 1000;
  return Number.isFinite(at) && at > 0 ? at : null;
}

/** A stable name of a set of labels, for senders that give none, or an odd one. */
function fingerprintOf(labels: Record<string, string>): string {
  const sorted = Object.entries(labels).sort(([one], [other]) => (one < other ? -1 : 1));
  return createHash("sha256").update(JSON.stringify(sorted)).digest("hex").slice(0, 16);
}
