import type { FeedbackStore } from "../infra/database/feedback.ts";
import type { FleetChanges } from "../infra/database/fleet-changes.ts";
import type { MetricsHistory } from "../infra/database/metrics-history.ts";
import type { ThresholdProposals } from "../infra/database/threshold-proposals.ts";
import type { Target } from "../infra/inventory.ts";
import type { LogEntry } from "../infra/log.ts";
import type { Prometheus } from "../infra/prometheus/client.ts";
import type { Context } from "../remediation/context.ts";
import type { Person } from "../remediation/people.ts";
import type { CardDraft } from "./card.ts";
import type { Scene } from "./cards/scene.ts";
import type { View } from "./conversations/chat-store.ts";
import type { Detector } from "./detector.ts";
import type { Retraining } from "./retraining.ts";
import type { Place } from "./surface.ts";
import type { Trainer } from "./training.ts";

/** What the answers need of the program; put together once in `main.ts`. */
export type Bot = {
  /** Clocks, units and what is not real, as of now. */
  scene(): Scene;
  targets(): readonly Target[];
  prometheus: Prometheus;
  detector: Detector;
  core: Context;
  /** Where incidents are posted and people are called. */
  homes: readonly Place[];
  /** What people said of incidents, the thresholds that follow from it, and changes that many targets share. */
  feedback: FeedbackStore;
  thresholds: ThresholdProposals;
  fleet: FleetChanges;
  /** The collected metrics of all targets, and for how long they are kept. */
  history: MetricsHistory;
  /** Trains models and moves targets between their versions; `retraining` does so by itself. */
  trainer: Trainer;
  retraining: Retraining;
  retentionDays: number;
  /** Runs an approved plan in the background; what happens shows on its cards. */
  run(plan: string): void;
  /** Runs whatever is approved and may still begin. */
  runApproved(): void;
  /** Nothing may be proposed or approved, whatever the policy says. */
  watchOnly: boolean;
  /** Silences are told to an Alertmanager too. */
  silencesOutside: boolean;
  recentLog(limit: number): LogEntry[];
  /** "watching 1 target every minute" and the like, for `status`. */
  watchState(): { lastCycleAt: number | null; problem: string | null };
};

/** Who asks, and what the thread they ask in is about. */
export type Asker = { person: Person; surface: string };

/** What an answer is: a card, what it shows (so that it can be drawn again), and whether only the asker may see it. */
export type Response = { draft: CardDraft; view: View; private: boolean };

/** For everybody in the place where it was asked; `view` lets the card be drawn again when its subject changes. */
export function answer(draft: CardDraft, view: View = { kind: "reply" }): Response {
  return { draft, view, private: false };
}

/** A refusal or a question back: for the asker alone. */
export function privately(draft: CardDraft): Response {
  return { draft, view: { kind: "reply" }, private: true };
}
