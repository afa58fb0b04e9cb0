import type { Intent } from "../../intents/intent.ts";
import { type AuditEntry, listAudit } from "../../remediation/audit.ts";
import { getIncident, listIncidents } from "../../remediation/incident.ts";
import { getPlan, listPlans } from "../../remediation/plans.ts";
import { answer, type Asker, type Bot, type Response } from "../bot.ts";
import { draft } from "../card.ts";
import { footer, type Scene, wallClock } from "../cards/scene.ts";
import { duration, plural } from "../format.ts";
import { unknownId } from "./incidents.ts";
import { remediate } from "./plans.ts";
import { windowSeconds } from "./window.ts";

const day = 86_400;
const shownEntries = 25;

/** Who did what and when, from the audit: all of it, of one incident or plan, or of one target. */
export async function history(intent: Extract<Intent, { kind: "history" }>, bot: Bot): Promise<Response> {
  const window = windowSeconds(intent.window, 90 * day, { least: 60, most: 366 * day });
  if (!window.ok) return window.response;
  const subjects = await subjectsOf(intent, bot);
  if (subjects === null) return unknownId(intent.id ?? "");
  const scene = bot.scene();
  const entries = await listAudit(
    {
      ...(subjects.length > 0 ? { subjects } : {}),
      since: scene.nowMs - window.seconds * 1_000,
      limit: shownEntries,
    },
    bot.core,
  );
  const about = intent.id ?? intent.target;
  return answer(
    draft({
      title: about === undefined ? "What happened, newest first" : `What happened to ${about}, newest first`,
      text:
        entries.length === 0
          ? "Nothing is recorded."
          : entries.map((entry) => auditLine(entry, scene)).join("\n"),
      footer: footer(scene, `the last ${plural(entries.length, "entry", "entries")} of the audit`),
    }),
  );
}

/** What somebody missed: incidents, decisions and outcomes of a window. */
export async function summary(intent: Extract<Intent, { kind: "summary" }>, bot: Bot): Promise<Response> {
  const window = windowSeconds(intent.window, 12 * 3_600, { least: 60, most: 90 * day });
  if (!window.ok) return window.response;
  const scene = bot.scene();
  const since = scene.nowMs - window.seconds * 1_000;
  const incidents = (await listIncidents({ unresolvedOnly: false }, bot.core)).filter(
    (incident) => incident.openedAt >= since || incident.status !== "resolved",
  );
  const plans = (await listPlans({}, bot.core)).filter((plan) => plan.createdAt >= since);
  const open = incidents.filter((incident) => incident.status !== "resolved");
  const lines = [
    ...incidents.map((incident) => {
      const own = plans.filter((plan) => plan.incident === incident.id);
      const what = own.map((plan) => `${plan.title} (${plan.id}): ${plan.verdict ?? plan.status}`);
      return `${incident.id} ${incident.title}, ${incident.status}${what.length > 0 ? `; ${what.join("; ")}` : ""}`;
    }),
    ...plans
      .filter((plan) => plan.incident === null)
      .map((plan) => `${plan.id} ${plan.title}: ${plan.verdict ?? plan.status}`),
  ];
  return answer(
    draft({
      title: `The last ${duration(window.seconds)}: ${plural(incidents.length, "incident")}, ${plural(plans.length, "plan")}, ${open.length} still open`,
      tone: open.length > 0 ? "warning" : "ok",
      text: lines.length === 0 ? "Nothing happened that needed anybody." : lines.slice(0, 30).join("\n"),
      footer: footer(scene),
    }),
  );
}

/** The last log lines of a target, by a document that only reads; without a target the bot's own. */
export function logs(
  intent: Extract<Intent, { kind: "logs" }>,
  asker: Asker,
  bot: Bot,
): Promise<Response> | Response {
  if (intent.target === undefined) return ownLog(bot);
  return remediate({ kind: "remediate", target: intent.target, runbook: "tail-logs" }, asker, bot);
}

/** The bot's own recent log, redacted. */
function ownLog(bot: Bot): Response {
  const scene = bot.scene();
  const entries = bot.recentLog(30);
  return answer(
    draft({
      title: "My own log, newest last",
      text:
        entries.length === 0
          ? "Nothing was logged since I started."
          : entries
              .map((entry) => `${wallClock(scene, entry.at)} ${entry.level} ${entry.message}`)
              .join("\n"),
      footer: footer(scene, "the full log is on the bot's standard error"),
    }),
  );
}

/** Empty: everything. Null: the id names nothing. */
async function subjectsOf(intent: Extract<Intent, { kind: "history" }>, bot: Bot): Promise<string[] | null> {
  if (intent.id !== undefined) {
    const plan = intent.id.startsWith("plan-") ? await getPlan(intent.id, bot.core) : null;
    const incident = plan === null ? await getIncident(intent.id, bot.core) : null;
    if (plan !== null) return [plan.id];
    if (incident === null) return null;
    const own = await listPlans({ incident: incident.id }, bot.core);
    return [incident.id, ...own.map(({ id }) => id)];
  }
  if (intent.target === undefined) return [];
  const incidents = await listIncidents({ unresolvedOnly: false }, bot.core);
  const plans = await listPlans({}, bot.core);
  const subjects = [
    ...incidents.filter(({ target }) => target === intent.target).map(({ id }) => id),
    ...plans.filter(({ targets }) => targets.some(({ name }) => name === intent.target)).map(({ id }) => id),
  ];
  return subjects.length > 0 ? subjects : [intent.target];
}

/** In the audit for proof; a person reads nothing out of them. */
const forPrograms = new Set([
  "digest",
  "fingerprint",
  "key",
  "policy",
  "policyHash",
  "fence",
  "holder",
  "version",
]);
const earliestMs = Date.UTC(2000, 0);

function shownValue(value: unknown, scene: Scene): string {
  if (typeof value !== "number") return String(value).slice(0, 80);
  if (value > earliestMs) return wallClock(scene, value);
  return Number.isInteger(value) ? String(value) : value.toFixed(2);
}

function auditLine(entry: AuditEntry, scene: Scene): string {
  const detail = Object.entries(entry.detail)
    .filter(
      ([name, value]) => !forPrograms.has(name) && (typeof value === "string" || typeof value === "number"),
    )
    .slice(0, 4)
    .map(([name, value]) => `${name} ${shownValue(value, scene)}`)
    .join(", ");
  return `${wallClock(scene, entry.at)} ${entry.actor}: ${entry.verb} ${entry.subject}${detail ? ` (${detail})` : ""}`;
}
