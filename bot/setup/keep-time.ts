import type { Metrics } from "../../infra/metrics.ts";
import { sealOverdueGlass } from "../../remediation/break-glass.ts";
import { forgetChanges } from "../../remediation/changes.ts";
import { expire } from "../../remediation/expire.ts";
import { resolveIfQuiet } from "../../remediation/incident.ts";
import { resumeStranded } from "../../remediation/recover.ts";
import { remind } from "../../remediation/remind.ts";
import { keepSilences, type Silencer } from "../../remediation/silences.ts";
import { endSilences } from "../../remediation/triage.ts";
import type { MassEvent } from "../../remediation/mass-event.ts";
import { createTakeBack } from "../../remediation/take-back-worse.ts";
import { judge } from "../../remediation/verify.ts";
import type { AlertIntake } from "../alerts/intake.ts";
import type { Bot } from "../bot.ts";
import type { Collector } from "../collect.ts";
import type { Conversations } from "../conversations.ts";
import { createRuleDecider } from "../decide-for-rules.ts";
import type { Delivery } from "../delivery.ts";
import type { StoreGuard } from "../guard-store.ts";
import type { Watch } from "../watch.ts";
import { type Beats, createBeats } from "./beats.ts";
import type { Inventory } from "./keep-inventory.ts";

const sweepMs = 1_000;
const strandedMs = 5_000;
const guardMs = 3_000;
const inventoryMs = 60_000;
const forgetMs = 3_600_000;
const anchorMs = 3_600_000;
const dayMs = 86_400_000;

type Dependencies = {
  bot: Bot;
  watch: Pick<Watch, "cycle">;
  intake: Pick<AlertIntake, "work">;
  collector: Pick<Collector, "beat" | "sweep" | "stop">;
  inventory: Inventory;
  delivery: Delivery;
  conversations: Conversations;
  guard: Pick<StoreGuard, "beat">;
  metrics: Pick<Metrics, "watchSeconds">;
  cycleMs: number;
  /** Wall milliseconds between two rounds of the collection. */
  collectMs: number;
  /** Says on the home channels that so many targets fell at once that the monitoring is suspect. */
  announceMass?: (event: MassEvent) => Promise<void>;
  /** The Alertmanager that is told of silences; null: none is. */
  silencer?: Silencer | null;
  /** Notes outside of the database where the audit's chain stands. */
  anchorAudit?: () => Promise<void>;
  /** Tells the home channels what they were not told yet: reminders, escalations, emergencies. */
  tell?: () => Promise<void>;
  onError: (error: unknown) => void;
};

/** Everything that happens by itself, each on its own beat. */
export function keepTime(deps: Dependencies) {
  const beats = createBeats(deps.onError);
  return {
    start(): void {
      if (beats.isStopped()) return;
      keepFinding(deps, beats);
      keepDeciding(deps, beats);
      keepTelling(deps, beats);
      keepHouse(deps, beats);
    },
    async stop(): Promise<void> {
      deps.collector.stop();
      await beats.stop();
    },
  };
}

/** The watch, what it learns from, and what Alertmanager told. */
function keepFinding(deps: Dependencies, { every, isStopped }: Beats): void {
  const { bot, watch, collector, inventory, intake } = deps;
  // One training after the other, as long as there is something to train.
  every(deps.cycleMs, async () => {
    let busy = true;
    while (busy && !isStopped()) busy = await bot.retraining.step();
  });
  every(deps.cycleMs, async () => {
    if (!inventory.isComplete()) await inventory.refresh();
    const end = deps.metrics.watchSeconds.startTimer();
    await watch.cycle();
    end();
  });
  every(sweepMs, () => intake.work());
  every(deps.collectMs, () => collector.beat());
  every(inventoryMs, () => inventory.refresh());
}

/** What time decides about incidents and plans. */
function keepDeciding({ bot, announceMass }: Dependencies, { every, waitFor }: Beats): void {
  const takeBackWorse = createTakeBack(bot.core);
  const decideForRules = createRuleDecider(bot, announceMass);
  every(sweepMs, async () => {
    await expire(bot.core);
    await sealOverdueGlass(bot.core);
    await judge(bot.core);
    if (!bot.watchOnly) await takeBackWorse();
    await decideForRules();
    await resolveIfQuiet(bot.core);
    await endSilences(bot.core);
  });
  // What runs on is waited for at a stop, but not by the beat: the next plan may be stranded meanwhile.
  every(strandedMs, async () => waitFor((await resumeStranded(bot.core)).ended));
}

/** What people and Alertmanager are told. Beats of their own: a chat that hangs must not keep verdicts waiting. */
function keepTelling({ bot, delivery, silencer, tell }: Dependencies, { every }: Beats): void {
  every(sweepMs, async () => (bot.watchOnly ? undefined : remind(bot.core)));
  every(sweepMs, async () => tell?.());
  every(sweepMs, async () => (silencer ? keepSilences(silencer, bot.core) : undefined));
  every(sweepMs, () => delivery.flush());
}

/** That the store is sound, and does not grow without end. */
function keepHouse(deps: Dependencies, { every }: Beats): void {
  const { bot, guard, conversations, collector, anchorAudit } = deps;
  every(guardMs, () => guard.beat());
  every(anchorMs, async () => anchorAudit?.());
  every(forgetMs, () => conversations.forgetOld());
  every(forgetMs, () => collector.sweep());
  every(forgetMs, () => forgetChanges(bot.scene().nowMs - bot.retentionDays * dayMs, bot.core));
}
