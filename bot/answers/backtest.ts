import type { Intent } from "../../intents/intent.ts";
import { backtest } from "../../remediation/backtest.ts";
import { listIncidents } from "../../remediation/incident.ts";
import { unknownRule } from "../../remediation/promote.ts";
import { answer, type Bot, privately, type Response } from "../bot.ts";
import { backtestCard } from "../cards/backtest-card.ts";
import { refusalCard } from "../cards/refusals.ts";
import { windowSeconds } from "./window.ts";

const day = 86_400;
/** What is read in about a second or two; the command line reads more. */
const mostRows = 400_000;
const mostIncidents = 5_000;

/** What a rule would have done over what is recorded. Changes nothing. */
export async function backtestRule(
  intent: Extract<Intent, { kind: "backtest" }>,
  bot: Bot,
): Promise<Response> {
  const window = windowSeconds(intent.window, 14 * day, { least: 3_600, most: 90 * day });
  if (!window.ok) return window.response;
  const rule = bot.core.rules.find(({ name }) => name === intent.rule);
  if (rule === undefined)
    return privately(refusalCard("Which rule?", unknownRule(intent.rule ?? "", bot.core)));
  const { metricNow } = bot.scene();
  const targets = new Map(bot.targets().map(({ name, tags }) => [name, tags]));
  const coverage = await bot.history.coverage();
  const found = await backtest(
    rule,
    { from: metricNow - window.seconds, to: metricNow },
    {
      incidents: await listIncidents({ unresolvedOnly: false, limit: mostIncidents }, bot.core),
      rules: bot.core.rules,
      quietTimes: bot.core.quietTimes,
      tagsOf: (target) => targets.get(target) ?? null,
      stepSeconds: bot.history.stepSeconds,
      pages: (span) => bot.history.pages(span),
      collected:
        coverage.length === 0
          ? null
          : {
              oldest: Math.min(...coverage.map(({ oldest }) => oldest)),
              newest: Math.max(...coverage.map(({ newest }) => newest)),
            },
    },
    { mostRows },
  );
  return answer(backtestCard(found, bot.scene()));
}
