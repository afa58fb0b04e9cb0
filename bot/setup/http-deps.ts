import type { Config } from "../../infra/config.ts";
import { redactData } from "../../infra/redact.ts";
import { listAudit } from "../../remediation/audit.ts";
import { concerns, tellChange } from "../../remediation/changes.ts";
import { countIncidents, type Incident, listIncidents } from "../../remediation/incident.ts";
import { isPaused } from "../../remediation/pause.ts";
import { getPlan, listPlans } from "../../remediation/plans.ts";
import type { AlertIntake } from "../alerts/intake.ts";
import type { Bot } from "../bot.ts";
import { type Card } from "../card.ts";
import type { Updates } from "../console/app.ts";
import type { Conversations } from "../conversations.ts";
import { labelReader } from "../history-labels.ts";
import type { DecisionRequest, HttpDeps, Principal, Readiness, Reply } from "../http/deps.ts";
import type { Handled, Talk } from "../listener.ts";
import { toneWords } from "../card-text.ts";
import type { Place, Speaker } from "../surface.ts";
import { authenticate } from "./principals.ts";

type Dependencies = {
  config: Config;
  bot: Bot;
  talk: Talk;
  conversations: Conversations;
  updates: Updates;
  intake: Pick<AlertIntake, "accept">;
  pack: HttpDeps["pack"];
  /** What Prometheus scrapes. */
  scrape: HttpDeps["metrics"];
  consoleFiles: URL;
  ready: () => Promise<Readiness>;
  onError: (error: unknown) => void;
};

const shownRows = 200;

/** The HTTP API's functions over the same talk, store and core that the chats use. */
export function httpDeps(deps: Dependencies): HttpDeps {
  const { bot, talk, conversations } = deps;
  const now = () => bot.scene().nowMs;
  return {
    host: deps.config.host,
    publicUrl: deps.config.publicUrl,
    consoleFiles: deps.consoleFiles,
    now,
    authenticate: (caller) => authenticate(caller, deps.config, bot.core.policy),
    query: async ({ principal, text, thread }) => {
      const place: Place = { surface: "console", channel: "console", thread };
      return shown(await talk.say(place, speakerOf(principal), text));
    },
    click: async ({ principal, token }) => {
      const handled = await talk.press(consolePlace, speakerOf(principal), token);
      return handled === null ? { status: "unknown" } : shown(handled);
    },
    decide: (request) => decide(request, deps),
    chart: (id) => conversations.chart(id),
    recentCards: async () =>
      (await conversations.recent("console", 50)).map(({ card, createdAt }) => ({ card, at: createdAt })),
    subscribe: deps.updates.subscribe,
    // What came with alerts is other people's text: their labels are kept as they were, and shown clean.
    incidents: async () => redactData(await newestIncidents(bot), deps.config.secrets) as Incident[],
    pack: deps.pack,
    plans: async () => listPlans({ limit: shownRows }, bot.core),
    audit: async () => listAudit({ limit: shownRows }, bot.core),
    alerts: deps.intake.accept,
    change: async (given, { identity }) => ({
      ...(await tellChange(given, { id: identity }, bot.core)),
      matches: bot
        .targets()
        .filter((target) => concerns(given, target))
        .map(({ name }) => name)
        .slice(0, shownRows),
    }),
    history: {
      ...bot.history,
      retentionDays: bot.retentionDays,
      labels: (window) => labelReader(window, bot),
    },
    models: () => bot.trainer.versions(),
    status: () => statusOf(bot),
    ready: deps.ready,
    metrics: deps.scrape,
    onError: deps.onError,
  };
}

const consolePlace: Place = { surface: "console", channel: "console", thread: null };

function speakerOf(principal: Principal): Speaker {
  return { identity: principal.identity, name: principal.name, groups: principal.groups, outsider: false };
}

/** Posts the answer on the console (every open page hears of it) and shapes it for HTTP. */
async function shown(handled: Handled): Promise<Reply> {
  if (handled.answer !== null) await handled.answer.delivered(handled.card.id);
  const { intent, confidence, source } = handled.understood;
  return { intent: { ...intent, confidence, source }, card: handled.card, text: cardText(handled.card) };
}

async function decide(request: DecisionRequest, { bot, talk }: Dependencies): ReturnType<HttpDeps["decide"]> {
  const plan = await getPlan(request.plan, bot.core);
  if (plan === null) return { status: "unknown" };
  const { reason } = request;
  const handled = await talk.act(consolePlace, speakerOf(request.principal), {
    kind: request.decision,
    id: plan.id,
    ...(request.decision === "approve" ? { digest: request.digest ?? "" } : {}),
    ...(reason === null || request.decision === "approve" ? {} : { reason }),
  });
  const reply = await shown(handled);
  if (!handled.refused) return { status: "accepted", ...reply };
  const stillOpen = plan.status === "proposed" && (request.digest ?? plan.digest) === plan.digest;
  return { status: stillOpen ? "refused" : "conflict", ...reply };
}

/** A card in plain words, for programs and logs. */
function cardText(card: Card): string {
  return [
    `${toneWords[card.tone]}: ${card.title}`,
    card.text,
    ...card.fields.map(({ label, value }) => `${label}: ${value}`),
    ...(card.buttons.length > 0 ? [`[${card.buttons.map(({ label }) => label).join("] [")}]`] : []),
    card.footer,
  ]
    .filter((line) => line !== "")
    .join("\n");
}

async function statusOf(bot: Bot): Promise<object> {
  const { readings, partial, warnings } = await bot.detector.survey(bot.targets());
  const incidents = await listIncidents({ unresolvedOnly: true, targets: namesOf(bot) }, bot.core);
  return {
    targets: readings.map((reading) => ({
      target: reading.target,
      state: reading.state,
      score: Number.isNaN(reading.score) ? null : reading.score,
      newest: reading.newest,
      incident: incidents.find(({ target }) => target === reading.target)?.id ?? null,
      values: Object.fromEntries(reading.values),
    })),
    partial,
    warnings,
    incidents: await countIncidents({ unresolvedOnly: true }, bot.core),
    waiting: (await listPlans({ statuses: ["proposed"] }, bot.core)).length,
    paused: await isPaused(bot.core.store.db),
    watch: bot.watchState(),
  };
}

/** Newest first; an open one of a known target is never missing, however many others are newer. */
async function newestIncidents(bot: Bot): Promise<Incident[]> {
  const wanted = { unresolvedOnly: false, first: namesOf(bot), limit: shownRows };
  return (await listIncidents(wanted, bot.core)).sort((one, other) => other.number - one.number);
}

function namesOf(bot: Bot): string[] {
  return bot.targets().map(({ name }) => name);
}
