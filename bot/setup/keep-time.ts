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
import type { Inventory } from "./keep-inventory.ts";

const sweepMs = 1_000;
const strandedMs = 5_000;
const guardMs = 3_000;
const inventoryMs = 60_000;
const forgetMs = 3_600_000;
const anchorMs = 3_600_000;
const dayMs = 86_400_000;

/** Everything that happens by itself, each on its own beat; a beat never overlaps with itself. */
export function keepTime(deps: {
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
}) {
  const { bot, watch, collector, inventory, delivery, conversations, onError } = deps;
  const timers: NodeJS.Timeout[] = [];
  const running = new Set<Promise<void>>();
  const takeBackWorse = createTakeBack(bot.core);
  const decideForRules = createRuleDecider(bot, deps.announceMass);
  let stopped = false;

  function every(ms: number, work: () => Promise<unknown>): void {
    let busy = false;
    const beat = () => {
      if (busy || stopped) return;
      busy = true;
      const done = work()
        .catch(onError)
        .then(() => {
          busy = false;
          running.delete(done);
        });
      running.add(done);
    };
    timers.push(setInterval(beat, ms));
    beat();
  }

  async function watchOnce(): Promise<void> {
    if (!inventory.isComplete()) await inventory.refresh();
    const end = deps.metrics.watchSeconds.startTimer();
    await watch.cycle();
    end();
  }

  /** One training after the other, as long as there is something to train. */
  async function trainOnce(): Promise<void> {
    let busy = true;
    while (busy && !stopped) busy = await bot.retraining.step();
  }

  /** What runs on is waited for at a stop, but not by the beat: the next plan may be stranded meanwhile. */
  async function resumeOnce(): Promise<void> {
    const { ended } = await resumeStranded(bot.core);
    const done = ended
      .then(() => undefined)
      .catch((error: unknown) => {
        // A wait that a stop ended is no error: the journal knows how far the plan is.
        if (!stopped) onError(error);
      })
      .then(() => {
        running.delete(done);
      });
    running.add(done);
  }

  return {
    start(): void {
      if (stopped) return;
      every(deps.cycleMs, trainOnce);
      every(deps.cycleMs, watchOnce);
      every(sweepMs, async () => {
        await expire(bot.core);
        await sealOverdueGlass(bot.core);
        await judge(bot.core);
        if (!bot.watchOnly) await takeBackWorse();
        await decideForRules();
        await resolveIfQuiet(bot.core);
        await endSilences(bot.core);
      });
      every(sweepMs, async () => (bot.watchOnly ? undefined : remind(bot.core)));
      // A beat of its own: a chat that hangs must not keep verdicts waiting.
      every(sweepMs, async () => deps.tell?.());
      every(sweepMs, () => deps.intake.work());
      every(sweepMs, async () => (deps.silencer ? keepSilences(deps.silencer, bot.core) : undefined));
      every(strandedMs, resumeOnce);
      every(guardMs, () => deps.guard.beat());
      every(sweepMs, () => delivery.flush());
      every(inventoryMs, () => inventory.refresh());
      every(forgetMs, () => conversations.forgetOld());
      every(deps.collectMs, () => collector.beat());
      every(forgetMs, () => collector.sweep());
      every(anchorMs, async () => deps.anchorAudit?.());
      every(forgetMs, () => forgetChanges(bot.scene().nowMs - bot.retentionDays * dayMs, bot.core));
    },
    async stop(): Promise<void> {
      stopped = true;
      collector.stop();
      for (const timer of timers) clearInterval(timer);
      await Promise.allSettled(running);
    },
  };
}
