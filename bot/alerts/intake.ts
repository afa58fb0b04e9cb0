import type { AlertDeliveries } from "../../infra/database/alert-deliveries.ts";
import { readWebhook, type WebhookAlert, type WebhookMessage } from "../../infra/alertmanager-webhook.ts";
import { clearAlert, raiseAlert } from "../../remediation/incident.ts";
import type { Bot } from "../bot.ts";
import { createPace } from "../pace.ts";
import type { Fresh } from "../watch-fleet.ts";
import { findByLabels, isHeartbeat, outsideAlert, outsideKey } from "./outside-alert.ts";

export type AlertIntake = ReturnType<typeof createAlertIntake>;

type Dependencies = {
  bot: Pick<Bot, "core" | "targets" | "detector">;
  deliveries: AlertDeliveries;
  /** False in watch-only operation. */
  mayPropose: boolean;
  /** Shows fresh incidents where they belong: alone, or as one fleet-wide change. */
  tell: (fresh: readonly Fresh[]) => Promise<void>;
  log: { info(fields: object, message: string): void; warn(fields: object, message: string): void };
};

/** Beyond so many waiting messages, or letters of them, the sender is asked to come again: it does, after a 503. */
export const mostWaiting = { messages: 500, letters: 64_000_000 };
/** A message on which the work fails so often, while the store takes writes, is given up: others wait behind it. */
const mostTries = 5;
/** What was raised unchanged a moment ago need not be written again: groups are repeated every few seconds in a storm. */
const repeatedMs = 300_000;
const mostRemembered = 50_000;

/**
 * Takes Alertmanager's messages: stored first, answered, then worked through one after the other, in the order in which
 * they came. At-least-once, repeated and reordered deliveries give what one delivery in order gives. That no end was
 * heard of proves nothing: an incident ends by an end that was told, or by a person.
 */
export function createAlertIntake({ bot, deliveries, mayPropose, tell, log }: Dependencies) {
  const pace = createPace();
  const written = new Map<string, { face: string; at: number }>();
  let working: Promise<void> | null = null;
  let tries = { number: 0, failed: 0 };

  /** Stores a message. `invalid` names what is wrong with it; `full`: nothing was stored, it should be sent again. */
  async function accept(
    body: unknown,
  ): Promise<{ status: "stored" } | { status: "full" } | { status: "invalid"; reason: string }> {
    const read = readWebhook(body);
    if (!read.ok) return { status: "invalid", reason: read.reason };
    const stored = await deliveries.add(JSON.stringify(body), mostWaiting);
    return { status: stored ? "stored" : "full" };
  }

  /** Works through what waits; whoever calls while that is under way waits for the same work. */
  function work(): Promise<void> {
    working ??= workOff().finally(() => (working = null));
    return working;
  }

  async function workOff(): Promise<void> {
    for (;;) {
      const delivery = await deliveries.oldest();
      if (delivery === null) return;
      const read = readWebhook(JSON.parse(delivery.body));
      if (read.ok) await takeOrGiveUp(delivery.number, read.message);
      else log.warn({ reason: read.reason }, "a stored alert message cannot be read any more");
      await deliveries.done(delivery.number);
    }
  }

  async function takeOrGiveUp(number: number, message: WebhookMessage): Promise<void> {
    try {
      await take(message);
    } catch (error) {
      tries = { number, failed: tries.number === number ? tries.failed + 1 : 1 };
      if (tries.failed < mostTries) throw error;
      log.warn(
        { error: String(error), group: message.groupKey.slice(0, 200), alerts: message.alerts.length },
        "an alert message is given up: working on it failed again and again",
      );
    }
  }

  async function take(message: WebhookMessage): Promise<void> {
    const find = findByLabels(bot.targets());
    const partial = message.truncatedAlerts > 0;
    const parts = { find, catalog: bot.detector.catalog, partial };
    const fresh: Fresh[] = [];
    const inOrder = [...message.alerts].sort((one, other) => one.startsAt - other.startsAt);
    for (const given of inOrder) {
      if (isHeartbeat(given)) continue;
      if (given.status === "resolved") await end(given);
      else fresh.push(...(await raise(given, parts)));
      await pace();
    }
    if (partial)
      log.warn({ left_out: message.truncatedAlerts }, "Alertmanager left alerts out of its message");
    if (fresh.length > 0) await tell(fresh);
  }

  async function raise(given: WebhookAlert, parts: Parameters<typeof outsideAlert>[1]): Promise<Fresh[]> {
    const { alert, known } = outsideAlert(given, parts);
    const face = JSON.stringify([alert.startsAt, alert.severity, alert.title, alert.summary, alert.target]);
    const now = bot.core.clock.wall();
    const before = written.get(alert.key);
    if (before?.face === face && now - before.at < repeatedMs) return [];
    if (await deliveries.isOver(alert.key, alert.startsAt)) return [];
    const { incident, opened } = await raiseAlert(alert, bot.core);
    remember(alert.key, { face, at: now });
    if (!opened) return [];
    const acts = mayPropose && known && !parts.partial;
    return [{ incident: incident.id, target: incident.target, began: alert.startsAt, key: alert.key, acts }];
  }

  async function end(given: WebhookAlert): Promise<void> {
    const key = outsideKey(given);
    written.delete(key);
    const ended = await clearAlert(key, bot.core, given.startsAt, given.endsAt);
    if (ended === null) await deliveries.noteEnding(key, given.startsAt);
  }

  function remember(key: string, what: { face: string; at: number }): void {
    written.delete(key);
    written.set(key, what);
    const [oldest] = written.keys();
    if (written.size > mostRemembered && oldest !== undefined) written.delete(oldest);
  }

  return { accept, work };
}
