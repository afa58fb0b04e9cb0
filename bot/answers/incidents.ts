import type { Intent } from "../../intents/intent.ts";
import {
  countIncidents,
  getIncident,
  type Incident,
  type IncidentStatus,
  incidentOfTarget,
  listIncidents,
} from "../../remediation/incident.ts";
import { getPlan, listPlans } from "../../remediation/plans.ts";
import { acknowledge, type IncidentChange, resolve, silence, unsilence } from "../../remediation/triage.ts";
import { answer, type Asker, type Bot, privately, type Response } from "../bot.ts";
import { anomalyDetail } from "../cards/incident-parts.ts";
import { incidentsCard } from "../cards/incidents-card.ts";
import { refusalCard } from "../cards/refusals.ts";
import { changedCard } from "../cards/changed-card.ts";
import { noCloserLook } from "../cards/closer-look.ts";
import { footer } from "../cards/scene.ts";
import { draft } from "../card.ts";
import { explain, reasonLine } from "./explain.ts";
import { pickTarget } from "./pick-target.ts";
import { showIncident } from "./show.ts";
import { windowSeconds } from "./window.ts";

type Named = { id?: string; target?: string };
type Picked = { ok: true; incident: Incident } | { ok: false; response: Response };

/** What is open, or one incident with its own card. */
export async function incidents(intent: Extract<Intent, { kind: "incidents" }>, bot: Bot): Promise<Response> {
  if (intent.id !== undefined || intent.target !== undefined) {
    const picked = await pickIncident(intent, bot);
    return picked.ok ? showIncident(picked.incident.id) : picked.response;
  }
  const first = bot.targets().map(({ name }) => name);
  const open = await listIncidents({ unresolvedOnly: true, first }, bot.core);
  const count = await countIncidents({ unresolvedOnly: true }, bot.core);
  const plans = await listPlans({ statuses: ["proposed", "approved"], limit: 1_000 }, bot.core);
  return answer(incidentsCard(open, plans, bot.watchState().problem, bot.scene(), count));
}

/** Why an incident is one, or why a target is flagged. */
export async function explainIncident(
  intent: Extract<Intent, { kind: "explain" }>,
  bot: Bot,
): Promise<Response> {
  if (intent.target !== undefined || intent.id === undefined) {
    const picked = pickTarget(intent, bot);
    return picked.ok ? explain(picked.target.name, bot) : picked.response;
  }
  const incident = await incidentBehind(intent.id, bot);
  if (incident === null) return unknownId(intent.id);
  return incident.status === "resolved" ? explainPast(incident, bot) : explain(incident.target, bot);
}

/** What it was, as it was found: the present says nothing about an incident that is over. */
function explainPast(incident: Incident, bot: Bot): Response {
  const scene = bot.scene();
  const rows = (anomalyDetail(incident)?.top ?? []).map((row) => reasonLine(row, noCloserLook, scene));
  return answer(
    draft({
      title: `${incident.id} was: ${incident.title}`,
      text: [incident.summary, ...rows, `Resolved: ${incident.resolution ?? "by hand"}.`].join("\n"),
      footer: footer(scene, `history ${incident.id} tells who did what`),
      incident: incident.id,
    }),
  );
}

/** Somebody takes it: it goes on, and whoever looks knows by whom. */
export async function acknowledgeIncident(
  intent: Extract<Intent, { kind: "acknowledge" }>,
  asker: Asker,
  bot: Bot,
): Promise<Response> {
  const picked = await pickIncident(intent, bot);
  if (!picked.ok) return picked.response;
  return changed(await acknowledge(picked.incident.id, asker.person, bot.core), bot);
}

/** Nobody is told of it again for two hours, or as long as was said (a minute to 30 days); or they are again. */
export async function silenceIncident(
  intent: Extract<Intent, { kind: "silence" }>,
  asker: Asker,
  bot: Bot,
): Promise<Response> {
  const window = windowSeconds(intent.duration, 2 * 3_600, { least: 60, most: 30 * 86_400 });
  if (!window.ok) return window.response;
  const over = intent.over === true;
  // Muting an alarm by a word that somebody only wanted to try would be noticed by nobody.
  if (!over && intent.id === undefined && intent.target === undefined) return whichToSilence(bot);
  const picked = await (over
    ? pickIncident(intent, bot, { statuses: ["silenced"], none: "Nothing is silenced" })
    : pickIncident(intent, bot));
  if (!picked.ok) return picked.response;
  if (over) return changed(await unsilence(picked.incident.id, asker.person, bot.core), bot);
  const until = bot.scene().nowMs + window.seconds * 1_000;
  return changed(await silence(picked.incident.id, until, asker.person, bot.core), bot);
}

async function whichToSilence(bot: Bot): Promise<Response> {
  const open = await listIncidents({ unresolvedOnly: true }, bot.core);
  if (open.length === 0)
    return privately(refusalCard("No incident is open", "There is nothing to silence.", { tone: "ok" }));
  const count = await countIncidents({ unresolvedOnly: true }, bot.core);
  const text = `Name one of ${someOf(open, count)}, and for how long: "silence ${open[0]?.id ?? "inc-1"} 2h". Nobody is told of it until then.`;
  return privately(refusalCard("Which incident do you want to silence?", text));
}

/** A person closes it, and with it a plan for it that has not begun. */
export async function resolveIncident(
  intent: Extract<Intent, { kind: "resolve" }>,
  asker: Asker,
  bot: Bot,
): Promise<Response> {
  const picked = await pickIncident(intent, bot);
  if (!picked.ok) return picked.response;
  return changed(await resolve(picked.incident.id, asker.person, intent.reason ?? null, bot.core), bot);
}

/** The incident an id names: `inc-12`, or the one `plan-17` was made for. */
async function incidentBehind(id: string, bot: Bot): Promise<Incident | null> {
  if (!id.startsWith("plan-")) return getIncident(id, bot.core);
  const plan = await getPlan(id, bot.core);
  return plan?.incident ? getIncident(plan.incident, bot.core) : null;
}

type Meant = { statuses?: readonly IncidentStatus[]; none: string };

const anyOpen: Meant = { none: "No incident is open" };

/** The incident that is meant: by id, by target, or the only open one of those that can be meant. */
export async function pickIncident(
  named: Named,
  bot: Bot,
  { none, ...meant }: Meant = anyOpen,
): Promise<Picked> {
  if (named.id !== undefined) {
    const incident = await incidentBehind(named.id, bot);
    return incident === null ? { ok: false, response: unknownId(named.id) } : { ok: true, incident };
  }
  if (named.target !== undefined) {
    const picked = pickTarget({ kind: "incidents", target: named.target }, bot);
    if (!picked.ok) return picked;
    const incident = await incidentOfTarget(picked.target.name, bot.core);
    if (incident !== null) return { ok: true, incident };
    return {
      ok: false,
      response: privately(
        refusalCard(`${picked.target.name} has no open incident`, 'Say "incidents" for what is open.'),
      ),
    };
  }
  const open = await listIncidents({ unresolvedOnly: true, ...meant }, bot.core);
  const [only] = open;
  if (only !== undefined && open.length === 1) return { ok: true, incident: only };
  if (only === undefined) {
    return {
      ok: false,
      response: privately(refusalCard(none, "There is nothing to do this to.", { tone: "ok" })),
    };
  }
  return {
    ok: false,
    response: privately(
      refusalCard(
        "Which incident?",
        `Name one of ${someOf(open, await countIncidents({ unresolvedOnly: true, ...meant }, bot.core))}.`,
      ),
    ),
  };
}

function someOf(open: readonly Incident[], count: number): string {
  const shown = open.slice(0, 20).map(({ id }) => id);
  return `${shown.join(", ")}${count > shown.length ? ` and ${count - shown.length} more` : ""}`;
}

/** For an id that names no incident and no plan. */
export function unknownId(id: string): Response {
  return privately(
    refusalCard(`There is no ${id}`, 'Say "incidents" for what is open, or "history" for what was decided.'),
  );
}

function changed(change: IncidentChange, bot: Bot): Response {
  if (!change.ok) return privately(refusalCard("Nothing was changed", change.message));
  return answer(changedCard(change.incident, bot.scene()));
}
