import type { Clock } from "../infra/clock.ts";
import type { Target } from "../infra/inventory.ts";
import type { Cloud } from "./cloud.ts";
import type { Policy } from "./policy.ts";
import type { Rule } from "./rules.ts";
import type { Runbook } from "./runbook.ts";
import type { Store } from "./store.ts";
import type { QuietTime } from "./windows.ts";
import type { Course } from "./without-action.ts";

/**
 * One metric of a target over a window of metric time (unix seconds). `mean` is null without samples; `low` and
 * `high` are the usual band where a model knows one; `partial` when the source said that data is missing.
 */
export type Measurement = {
  mean: number | null;
  samples: number;
  low?: number;
  high?: number;
  /** The smallest and largest sample, the newest (absent: the end of the window has none), and how many are missing. */
  lowest?: number;
  highest?: number;
  latest?: number;
  missing?: number;
  /** The samples themselves, where the source gives them. */
  course?: Course;
  partial: boolean;
};

export type Measure = (
  target: string,
  metric: string,
  window: { start: number; end: number },
) => Promise<Measurement>;

/** What happened, for the log and the counters of the program around the core. */
export type CoreEvent = {
  level: "info" | "warn" | "error";
  event: string;
  message: string;
  incident?: string;
  plan?: string;
};

/** Everything an operation of the safety core needs, passed last. Nothing in it is the truth but the store. */
export type Context = {
  store: Store;
  policy: Policy;
  runbooks: readonly Runbook[];
  rules: readonly Rule[];
  /** Maintenance windows and change freezes of the rules file. */
  quietTimes: readonly QuietTime[];
  cloud: Cloud;
  clock: Clock;
  /** By exact name; null when the inventory does not know it. */
  findTarget(name: string): Target | null;
  /** Everything that is watched; what a tenth of a service is, is counted in it. */
  fleet(): readonly Target[];
  measure: Measure;
  /** Unix seconds at which the target's guest booted; null when nobody can tell. */
  measureBootTime(target: string): Promise<number | null>;
  /** Whether an alert with these labels still fires where alerts come from. Absent: there is nobody to ask. */
  firesOutside?(
    labels: Readonly<Record<string, string>>,
  ): Promise<{ ok: true; value: boolean } | { ok: false; message: string }>;
  /** Resolves after so many ms of wall time; tests let it pass at once. */
  wait(ms: number): Promise<void>;
  /** True once the program is being stopped: nothing new begins any more. Absent: it is not. */
  isStopping?(): boolean;
  /** 128 random bits as 32 hexadecimal digits. */
  random(): string;
  /** This process's name in the leases; another after every start. */
  holder: string;
  /** Called after a commit: whoever shows the incident or the plan should draw it again. */
  changed(subject: { incident?: string; plan?: string }): void;
  log(event: CoreEvent): void;
  /** The cloud is the dry run; plans made for one cloud never run against the other. */
  dryRun: boolean;
  demo: boolean;
  /** Seconds of metric time before the verdict, where the runbook names none. */
  settleDefaultSeconds: number;
};

/** An expected refusal: a machine-readable reason, and what the person can do about it. */
export type Refusal<Reason extends string = string> = { ok: false; reason: Reason; message: string };

/** Says no, in a sentence that teaches. */
export function refuse<Reason extends string>(reason: Reason, message: string): Refusal<Reason> {
  return { ok: false, reason, message };
}

/** Which cloud plans are made for now: one made for the other never runs. */
export function cloudNow({ dryRun }: Pick<Context, "dryRun">): "dry-run" | "aws" {
  return dryRun ? "dry-run" : "aws";
}
