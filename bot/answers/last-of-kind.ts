import type { Intent } from "../../intents/intent.ts";
import type { Plan } from "../../remediation/plan.ts";
import { listPlans } from "../../remediation/plans.ts";
import { findRunbook } from "../../remediation/runbook.ts";
import { answer, type Bot, type Response } from "../bot.ts";
import { draft } from "../card.ts";
import { footer } from "../cards/scene.ts";
import { decisionTitle, planStory } from "../history-words.ts";
import { pickTargets } from "./pick-target.ts";

type Asked = Extract<Intent, { kind: "history" }>;

const anyPlan = /^(?:plan|proposal|approval|denial|decision|run|operation)$/;
/** Looking changes nothing: the last change is not the log that somebody read. */
const anyChange = /^(?:change|action|remedy|remediation|fix)$/;
const runbookOf: Readonly<Record<string, string>> = {
  cleanup: "clean-disk",
  "clean-up": "clean-disk",
  drill: "practice",
  scaling: "scale",
  resize: "change-type",
};

/** "who approved the last reboot": that one plan, who, when and with what effect; null where nothing so narrow is asked. */
export async function lastOfKind(intent: Asked, bot: Bot): Promise<Response | null> {
  const { last, decision, target } = intent;
  if (last === undefined || intent.id !== undefined) return null;
  const isMeant = kindOf(last, bot);
  if (isMeant === null) return null;
  const picked = target === undefined ? null : pickTargets(intent, bot);
  if (picked?.ok === false) return picked.response;
  const names = picked === null ? null : new Set(picked.targets.map(({ name }) => name));
  const plans = (await listPlans({ limit: 5_000 }, bot.core))
    .filter(isMeant)
    .filter(({ targets }) => names === null || targets.some(({ name }) => names.has(name)));
  const isDecided = ({ decisions }: Plan) => decisions.some((each) => each.decision === decision);
  const plan = (decision === undefined ? undefined : plans.find(isDecided)) ?? plans[0];
  const scene = bot.scene();
  const where = target === undefined ? "" : ` of ${target}`;
  if (plan === undefined)
    return answer(
      draft({
        title: `There was no ${last}${where} yet`,
        text: "Nothing of it is recorded.",
        footer: footer(scene),
      }),
    );
  return answer(
    draft({
      title: decisionTitle(plan, scene),
      text: planStory(plan, scene),
      buttons: [
        { label: `Show ${plan.id}`, style: "default", intent: { kind: "explain", id: plan.id } },
        { label: "Everything that happened", style: "default", intent: everything(intent) },
      ],
      footer: footer(scene),
    }),
  );
}

function kindOf(last: string, bot: Bot): ((plan: Plan) => boolean) | null {
  if (anyPlan.test(last)) return () => true;
  if (anyChange.test(last)) return ({ risk }) => risk > 0;
  if (last === "rollback") return ({ rollsBack }) => rollsBack !== null;
  const called = runbookOf[last] ?? last;
  if (called === "practice") return ({ runbook }) => runbook === "practice";
  const runbook = findRunbook(bot.core.runbooks, called);
  return runbook === null ? null : (plan) => plan.runbook === runbook.name;
}

function everything({ target, window }: Asked): Asked {
  return {
    kind: "history",
    ...(target === undefined ? {} : { target }),
    ...(window === undefined ? {} : { window }),
  };
}
