import type { Intent } from "../../intents/intent.ts";
import { incidentOfTarget } from "../../remediation/incident.ts";
import { optionsFor } from "../../remediation/options.ts";
import { may } from "../../remediation/people.ts";
import { propose, type Proposed, proposeForIncident } from "../../remediation/propose.ts";
import { fillText, findRunbook } from "../../remediation/runbook.ts";
import { answer, type Asker, type Bot, privately, type Response } from "../bot.ts";
import { draft } from "../card.ts";
import { optionText } from "../cards/outcome-parts.ts";
import { refusalCard } from "../cards/refusals.ts";
import { footer } from "../cards/scene.ts";
import { capital, list } from "../format.ts";
import { pickIncident } from "./incidents.ts";
import { nameTheRemedy, practise, windowOf } from "./run-later.ts";
import { offeredRunbooks, runbookRisk } from "./offered-runbooks.ts";
import { pickTarget } from "./pick-target.ts";
import { whatToScale } from "./scale.ts";
import { showPlan } from "./show.ts";

/** Proposes a remedy; it never runs one. Without a runbook the rules choose, and the requester is the system. */
export async function remediate(
  intent: Extract<Intent, { kind: "remediate" }>,
  asker: Asker,
  bot: Bot,
): Promise<Response> {
  const allowed = may(asker.person, "propose", bot.core.policy);
  if (!allowed.ok) return privately(refusalCard("You may not propose this", allowed.message));
  if (intent.runbook?.toLowerCase() === "practice") return proposed(await practise(intent, asker, bot), bot);
  if (intent.runbook === undefined)
    return intent.when === undefined ? remediateIncident(intent, asker, bot) : nameTheRemedy(intent, bot);
  const runbook = findRunbook(bot.core.runbooks, intent.runbook);
  if (runbook === null) return unknownRunbook(intent.runbook, bot);
  const named = runbook.name === "scale" ? await whatToScale(intent, bot) : await targetOf(intent, bot);
  if (!named.ok) return named.response;
  const incident = await incidentOfTarget(named.target, bot.core);
  const later = windowOf(intent, bot, bot.core.findTarget(named.target)?.tags ?? {});
  if (!later.ok) return privately(refusalCard("Nothing was proposed", later.message));
  const proposal = await propose(
    {
      runbook: runbook.name,
      params: named.params,
      target: named.target,
      window: later.window,
      ...(incident === null ? {} : { incident: incident.id }),
      requester: asker.person,
      ...(intent.reason === undefined ? {} : { reason: intent.reason }),
    },
    bot.core,
  );
  return proposed(proposal, bot);
}

async function remediateIncident(
  intent: Extract<Intent, { kind: "remediate" }>,
  asker: Asker,
  bot: Bot,
): Promise<Response> {
  const picked = await pickIncident(intent, bot);
  if (!picked.ok) return intent.target === undefined ? picked.response : chooseRunbook(intent, bot);
  const proposal = await proposeForIncident(picked.incident, bot.core, asker.person);
  return proposal === null
    ? chooseRunbook({ ...intent, target: picked.incident.target }, bot)
    : proposed(proposal, bot);
}

const mostOffered = 5;

/** No rule knows a remedy: the person chooses, best record first, and becomes the requester. */
async function chooseRunbook(intent: Extract<Intent, { kind: "remediate" }>, bot: Bot): Promise<Response> {
  const picked = pickTarget(intent, bot);
  if (!picked.ok) return picked.response;
  const { name } = picked.target;
  const incident = await incidentOfTarget(name, bot.core);
  const options = incident === null ? [] : await optionsFor(incident, bot.core);
  const proven = options.map(({ runbook }) => runbook);
  const others = offeredRunbooks(bot.core.runbooks).filter((each) => !proven.includes(each));
  const records = options.map((option) => `${capital(optionText(option, bot.scene().nowMs))}.`);
  const text =
    "No rule names a remedy for this. Whoever chooses one is its requester; it runs only after approval.";
  return privately(
    draft({
      title: `What should be proposed for ${name}?`,
      text: [text, ...records].join("\n"),
      buttons: [...proven, ...others].slice(0, mostOffered).map((runbook) => ({
        label: `Propose ${runbook.effect}`,
        style: "default",
        intent: { kind: "remediate", target: name, runbook: runbook.name },
      })),
    }),
  );
}

async function targetOf(
  intent: Extract<Intent, { kind: "remediate" }>,
  bot: Bot,
): Promise<{ ok: true; target: string; params: Record<string, string> } | { ok: false; response: Response }> {
  const params = intent.params ?? {};
  if (intent.target === undefined && intent.id !== undefined) {
    const picked = await pickIncident(intent, bot);
    return picked.ok ? { ok: true, target: picked.incident.target, params } : picked;
  }
  const picked = pickTarget(intent, bot);
  return picked.ok ? { ok: true, target: picked.target.name, params } : picked;
}

function proposed(proposal: Proposed, bot: Bot): Response {
  if (proposal.ok) {
    if (proposal.plan.status === "approved") bot.run(proposal.plan.id);
    return showPlan(proposal.plan.id);
  }
  return privately(refusalCard("Nothing was proposed", proposal.message));
}

/** What can be proposed: all runbooks in a line each, or one in full. */
export function runbooks(intent: Extract<Intent, { kind: "runbooks" }>, bot: Bot): Response {
  if (intent.runbook === undefined) {
    return answer(
      draft({
        title: `${bot.core.runbooks.length} runbooks`,
        text: bot.core.runbooks
          .map(
            (runbook) =>
              `${runbook.name} (risk ${runbookRisk(runbook)}): ${runbook.cures || fillText(runbook.title, { target: "a target" })}`,
          )
          .join("\n"),
        footer: footer(bot.scene(), "remediate TARGET RUNBOOK proposes one"),
      }),
    );
  }
  const runbook = findRunbook(bot.core.runbooks, intent.runbook);
  if (runbook === null) return unknownRunbook(intent.runbook, bot);
  return answer(
    draft({
      title: `${runbook.name}: ${fillText(runbook.title, { target: "a target", service: "a service" })}`,
      text: runbook.cures,
      fields: [
        { label: "Risk", value: String(runbookRisk(runbook)) },
        { label: "Stops", value: runbook.stops || "nothing" },
        { label: "Steps", value: runbook.steps.map((step) => step.action).join(", ") },
        { label: "Parameters", value: Object.keys(runbook.params).join(", ") || "none" },
      ],
      footer: footer(bot.scene(), `version ${runbook.version}`, `way back: ${runbook.wayBack}`),
    }),
  );
}

function unknownRunbook(called: string, bot: Bot): Response {
  const known = bot.core.runbooks.map(({ name }) => name);
  return privately(refusalCard("There is no such runbook", `"${called}" is not one of ${list(known)}.`));
}
