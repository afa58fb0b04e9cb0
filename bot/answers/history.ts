import type { Intent } from "../../intents/intent.ts";
import { resolveTarget } from "../../intents/resolve-target.ts";
import { listAudit } from "../../remediation/audit.ts";
import { countIncidents, getIncident, listIncidents } from "../../remediation/incident.ts";
import { type Plan, statusWord } from "../../remediation/plan.ts";
import { getPlan, listPlans } from "../../remediation/plans.ts";
import { serviceOf } from "../../remediation/service.ts";
import { answer, type Asker, type Bot, privately, type Response } from "../bot.ts";
import { draft } from "../card.ts";
import { refusalCard } from "../cards/refusals.ts";
import { footer, type Scene, wallClock } from "../cards/scene.ts";
import { duration, plural } from "../format.ts";
import { decisionTitle, entryLine, planStory } from "../history-words.ts";
import { unknownId } from "./incidents.ts";
import { lastOfKind } from "./last-of-kind.ts";
import { remediate } from "./plans.ts";
import { windowSeconds } from "./window.ts";

const day = 86_400;
const shownLines = 30;
const mostEntries = 200;
/** Of incidents and plans, newest first: what a window of 90 days may hold. */
const mostRead = 5_000;

/** Who did what, when, why and with what effect: all of it, of one incident or plan, or of one target. */
export async function history(intent: Extract<Intent, { kind: "history" }>, bot: Bot): Promise<Response> {
  const window = windowSeconds(intent.window, 90 * day, { least: 60, most: 366 * day });
  if (!window.ok) return window.response;
  const last = await lastOfKind(intent, bot);
  if (last !== null) return last;
  const about = await subjectOf(intent, bot);
  if (about === null) return unknownId(intent.id ?? "");
  const scene = bot.scene();
  const since = scene.nowMs - window.seconds * 1_000;
  const plans = about.plans.filter(({ createdAt }) => createdAt >= since);
  const telling = {
    scene,
    policy: bot.core.policy,
    plans: new Map(about.plans.map((plan) => [plan.id, plan])),
  };
  const entries = await listAudit({ ...about.wanted, since, limit: mostEntries }, bot.core);
  // Of one plan or incident every entry is told; elsewhere a plan is one line that ends with its effect.
  const told =
    intent.id === undefined ? entries.filter(({ subject }) => !telling.plans.has(subject)) : entries;
  const lines = [
    ...plans.map((plan) => ({ at: lastMove(plan), line: planStory(plan, scene) })),
    ...told.map((entry) => ({ at: entry.at, line: entryLine(entry, telling) })),
  ]
    .sort((one, other) => other.at - one.at)
    .map(({ line }) => line);
  if (lines.length === 0 && intent.target !== undefined && bot.core.findTarget(intent.target) === null)
    return unknownName(intent.target);
  return answer(
    draft({
      title: titleOf(intent, about, scene),
      text: lines.length === 0 ? "Nothing is recorded." : lines.slice(0, shownLines).join("\n"),
      footer: footer(
        scene,
        `${window.seconds === 90 * day ? "" : `the last ${duration(window.seconds)}, `}${shownOf(lines.length)}`,
        about.incident === null ? null : `as one file: smartcloudops incident ${about.incident} --out FILE`,
      ),
      incident: about.incident,
    }),
  );
}

/** No history of a name that nobody knows, which would read as if nothing had ever been recorded. */
function unknownName(name: string): Response {
  const text = `I know no target "${name.slice(0, 60)}", and nothing is recorded of it. "history" tells of everything; whether the record is whole is checked on the command line: smartcloudops audit verify.`;
  return privately(refusalCard("There is no such target", text));
}

/** When something last became of a plan. */
function lastMove({ createdAt, decisions, doneAt }: Plan): number {
  return Math.max(createdAt, doneAt ?? 0, ...decisions.map(({ at }) => at));
}

function shownOf(count: number): string {
  return count > shownLines
    ? `the newest ${shownLines} of ${plural(count, "entry", "entries")}`
    : plural(count, "entry", "entries");
}

function titleOf(
  { id, target }: Extract<Intent, { kind: "history" }>,
  { plans }: About,
  scene: Scene,
): string {
  const [plan] = plans;
  if (id?.startsWith("plan-") && plan !== undefined) return decisionTitle(plan, scene);
  const about = id ?? target;
  return about === undefined ? "What happened, newest first" : `What happened to ${about}, newest first`;
}

/** What somebody missed: incidents, decisions and outcomes of a window. */
export async function summary(intent: Extract<Intent, { kind: "summary" }>, bot: Bot): Promise<Response> {
  const window = windowSeconds(intent.window, 12 * 3_600, { least: 60, most: 90 * day });
  if (!window.ok) return window.response;
  const scene = bot.scene();
  const since = scene.nowMs - window.seconds * 1_000;
  const wanted = { unresolvedOnly: false, since };
  const incidents = await listIncidents({ ...wanted, first: namesOf(bot) }, bot.core);
  const count = await countIncidents(wanted, bot.core);
  const stillOpen = await countIncidents({ unresolvedOnly: true }, bot.core);
  const plans = (await listPlans({ limit: mostRead }, bot.core)).filter(
    ({ createdAt }) => createdAt >= since,
  );
  const lines = [
    ...incidents.map((incident) => {
      const own = plans.filter((plan) => plan.incident === incident.id);
      const what = own.map(
        (plan) => `${plan.title} (${plan.id}): ${plan.verdict ?? statusWord(plan.status)}`,
      );
      return `${incident.id} ${incident.title}, ${incident.status}${what.length > 0 ? `; ${what.join("; ")}` : ""}`;
    }),
    ...plans
      .filter((plan) => plan.incident === null)
      .map((plan) => `${plan.id} ${plan.title}: ${plan.verdict ?? statusWord(plan.status)}`),
  ];
  const unread = count - incidents.length;
  return answer(
    draft({
      title: `The last ${duration(window.seconds)}: ${plural(count, "incident")}, ${plural(plans.length, "plan")}, ${stillOpen} still open`,
      tone: stillOpen > 0 ? "warning" : "ok",
      text:
        lines.length === 0 ? "Nothing happened that needed anybody." : shortened(lines, unread).join("\n"),
      footer: footer(scene),
    }),
  );
}

/** `unread`: how many more there are that were not even read. */
function shortened(lines: readonly string[], unread: number): string[] {
  const left = Math.max(lines.length - shownLines, 0) + unread;
  return [...lines.slice(0, shownLines), ...(left > 0 ? [`and ${left} more`] : [])];
}

/** The last log lines of a target, by a document that only reads; without a target the bot's own. */
export function logs(
  intent: Extract<Intent, { kind: "logs" }>,
  asker: Asker,
  bot: Bot,
): Promise<Response> | Response {
  if (intent.target === undefined && intent.unit === undefined) return ownLog(bot);
  const { target, unit } = meantLog(intent, bot);
  const params = unit === undefined ? {} : { params: { service: unit } };
  const tail = { kind: "remediate", runbook: "tail-logs", ...params } as const;
  return remediate(target === undefined ? tail : { ...tail, target }, asker, bot);
}

/** "logs redis" may be a target that is called like a service. */
function meantLog(
  { target, unit }: Extract<Intent, { kind: "logs" }>,
  bot: Bot,
): { target?: string | undefined; unit?: string | undefined } {
  const isTarget =
    target === undefined && unit !== undefined && resolveTarget(unit, bot.targets()).kind !== "unknown";
  return isTarget ? { target: unit } : { target, unit };
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

type About = { wanted: { subjects?: string[] }; plans: Plan[]; incident: string | null };

/** Whose entries and plans are meant; null: the id names nothing. */
async function subjectOf(intent: Extract<Intent, { kind: "history" }>, bot: Bot): Promise<About | null> {
  if (intent.id?.startsWith("plan-")) {
    const plan = await getPlan(intent.id, bot.core);
    return plan && { wanted: { subjects: [plan.id] }, plans: [plan], incident: plan.incident };
  }
  if (intent.id !== undefined) {
    const incident = await getIncident(intent.id, bot.core);
    if (incident === null) return null;
    const plans = await listPlans({ incident: incident.id }, bot.core);
    return { wanted: { subjects: [incident.id, ...idsOf(plans)] }, plans, incident: incident.id };
  }
  const { target } = intent;
  const plans = await listPlans({ limit: mostRead }, bot.core);
  if (target === undefined) return { wanted: {}, plans, incident: null };
  const own = plans.filter(({ targets }) => targets.some(({ name }) => name === target));
  const incidents = await listIncidents({ unresolvedOnly: false, targets: [target] }, bot.core);
  const known = bot.core.findTarget(target);
  const subjects = [
    ...idsOf(incidents),
    ...idsOf(own),
    target,
    // What somebody told of a change of its whole service.
    ...(known === null ? [] : [`service ${serviceOf(known)}`]),
  ];
  return { wanted: { subjects }, plans: own, incident: null };
}

function namesOf(bot: Bot): string[] {
  return bot.targets().map(({ name }) => name);
}

function idsOf(named: readonly { id: string }[]): string[] {
  return named.map(({ id }) => id);
}
