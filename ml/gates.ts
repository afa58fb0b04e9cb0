/** What a challenger did in its examination; null where something could not be measured. */
export type Evidence = {
  /** Learned from a short recording: nothing can be held back, and the alarm budget means nothing yet. */
  demo: boolean;
  synthetic: boolean;
  learnedMinutes: number;
  /** Share of the rows between the first and the last that hold a sample, 0..1. */
  presentShare: number;
  /** Alarms per target and day. */
  alarmBudget: number;
  /** Alarms on real rows the examined fit had not seen and in which nothing was reported. */
  heldBack: { days: number; alarms: number } | null;
  injected: InjectedResult | null;
  /** Null without a live model, or where it cannot score these rows. */
  champion: ChampionEvidence | null;
};

/** Faults injected into real rows: they may refuse a model, and are never its accuracy. */
export type InjectedResult = {
  faults: number;
  detected: number;
  alarms: number;
  falseAlarms: number;
  /** How many of each kind were missed; kinds without a miss are absent. */
  missed: Record<string, number>;
};

type Side = { alarms: number; injected: InjectedResult | null };

export type ChampionEvidence = {
  days: number;
  /** False: the live model has learned (part of) these rows, which flatters it. */
  unseenByBoth: boolean;
  challenger: Side;
  champion: Side;
};

export type GateName = "real data" | "enough data" | "alarm budget" | "injected faults" | "live model";

/** One gate. `inForce` false: it could not be examined and did not count. `text` is a sentence for people. */
export type Gate = { name: GateName; passed: boolean; inForce: boolean; text: string };

/** `numbers` are what was measured, for the registry. */
export type GateReport = { passed: boolean; gates: Gate[]; numbers: Record<string, number> };

const LEAST_RECALL = 0.7;
const LEAST_PRECISION = 0.6;
const LEAST_F1 = 0.7;
/** Half of the minutes between the first and the last sample may be missing, not more. */
const LEAST_PRESENT = 0.5;
const LEAST_LEARNED_MINUTES = 12 * 60;
/** Held-back days are few and hosts drift: so many times the alarm budget still counts as kept (see detection goals). */
const BUDGET_FACTOR = 3;
/** Of a model that keeps the budget, chance refuses one in a hundred. */
const CHANCE = 0.99;
/** Two dozen faults cannot tell smaller differences apart. */
const F1_TOLERANCE = 0.05;

/** Judges a challenger. Every gate is a necessary condition; none of them says how good the model is. */
export function judge(evidence: Evidence): GateReport {
  const gates = [
    realData(evidence),
    enoughData(evidence),
    alarmBudget(evidence),
    injectedFaults(evidence),
    liveModel(evidence),
  ];
  return { passed: gates.every(({ passed }) => passed), gates, numbers: numbersOf(evidence) };
}

/** The sentences of the gates that were not passed, for a card. */
export function refusalText({ gates }: Pick<GateReport, "gates">): string {
  return gates
    .filter(({ passed }) => !passed)
    .map(({ text }) => text)
    .join(" ");
}

function realData({ synthetic }: Evidence): Gate {
  const text = synthetic
    ? "It learned from synthetic data, and such a model never goes live."
    : "Learned from measured rows only.";
  return { name: "real data", passed: !synthetic, inForce: true, text };
}

function enoughData({ demo, learnedMinutes, presentShare }: Evidence): Gate {
  const hours = (learnedMinutes / 60).toFixed(1);
  const share = Math.round(presentShare * 100);
  const text = `Learned from ${hours} hours; ${share} % of the rows between the first and the last hold samples.`;
  if (demo) return notInForce("enough data", `${text} A demo may learn from less than 12 hours.`);
  const passed = learnedMinutes >= LEAST_LEARNED_MINUTES && presentShare >= LEAST_PRESENT;
  return {
    name: "enough data",
    passed,
    inForce: true,
    text: passed ? text : `${text} At least 12 hours and 50 % are needed.`,
  };
}

function alarmBudget({ demo, heldBack, alarmBudget: budget }: Evidence): Gate {
  if (heldBack === null)
    return notInForce(
      "alarm budget",
      demo ? "Not in force in a demo." : "The history is too short to hold rows back.",
    );
  const most = allowedAlarms(budget, heldBack.days);
  const passed = heldBack.alarms <= most;
  const text =
    `${heldBack.alarms} alarms on ${days(heldBack.days)} of held-back quiet rows; an alarm budget of ${budget} a day ` +
    `allows for up to ${most}.`;
  return { name: "alarm budget", passed, inForce: true, text };
}

function injectedFaults({ demo, injected }: Evidence): Gate {
  if (injected === null)
    return notInForce(
      "injected faults",
      demo
        ? "Not in force in a demo."
        : "No fault could be injected: the rows are too few, or no metric moves.",
    );
  const { recall, precision, f1 } = ratesOf(injected);
  const passed = recall >= LEAST_RECALL && precision >= LEAST_PRECISION && f1 >= LEAST_F1;
  const missed = Object.entries(injected.missed).map(([kind, count]) => `${count} ${kind}`);
  const text =
    `Of ${injected.faults} faults injected into real rows ${injected.detected} were seen (recall ${recall.toFixed(2)}, ` +
    `precision ${precision.toFixed(2)}, F1 ${f1.toFixed(2)}; at least ${LEAST_RECALL}, ${LEAST_PRECISION}, ${LEAST_F1}` +
    `${missed.length === 0 ? "" : `; missed: ${missed.join(", ")}`}).`;
  return { name: "injected faults", passed, inForce: true, text };
}

function liveModel({ demo, champion: compared, alarmBudget: budget }: Evidence): Gate {
  if (compared === null)
    return notInForce(
      "live model",
      demo ? "Not in force in a demo." : "There is no live model that could be compared with it.",
    );
  const { challenger, champion, days: length, unseenByBoth } = compared;
  const quiet = challenger.alarms <= Math.max(champion.alarms, budget * length * BUDGET_FACTOR);
  const [f1, liveF1] = [f1Of(challenger), f1Of(champion)];
  const sees = Number.isNaN(f1) || Number.isNaN(liveF1) || f1 >= liveF1 - F1_TOLERANCE;
  const text =
    `On the last ${days(length)}${unseenByBoth ? "" : " (which the live model has learned)"} it raised ${challenger.alarms} alarms and the live model ` +
    `${champion.alarms}; F1 on injected faults ${f1.toFixed(2)} and ${liveF1.toFixed(2)}.`;
  return {
    name: "live model",
    passed: quiet && sees,
    inForce: true,
    text: quiet && sees ? text : `${text} It is worse.`,
  };
}

/** Most alarms in so many days that a model within three times its alarm budget raises, but for bad luck. */
export function allowedAlarms(alarmBudget: number, length: number): number {
  return poissonQuantile(alarmBudget * BUDGET_FACTOR * length, CHANCE);
}

/** Precision over alarms, recall over faults and their harmonic mean, 0..1; a model that never alarms has F1 0. */
export function ratesOf({ faults, detected, alarms, falseAlarms }: InjectedResult) {
  const recall = detected / faults;
  const precision = alarms === 0 ? 0 : (alarms - falseAlarms) / alarms;
  const f1 = recall + precision === 0 ? 0 : (2 * precision * recall) / (precision + recall);
  return { recall, precision, f1 };
}

function f1Of({ injected }: Side): number {
  return injected === null ? Number.NaN : ratesOf(injected).f1;
}

/** The smallest count that a Poisson variable of this mean stays at or below with probability `share`. */
function poissonQuantile(mean: number, share: number): number {
  let count = 0;
  let probability = Math.exp(-mean);
  let sum = probability;
  while (sum < share && count < 10_000) {
    count++;
    probability *= mean / count;
    sum += probability;
  }
  return count;
}

function numbersOf({ learnedMinutes, presentShare, heldBack, injected, champion }: Evidence) {
  const numbers: Record<string, number> = { learnedMinutes, presentShare };
  if (heldBack !== null) {
    numbers.heldBackDays = heldBack.days;
    numbers.heldBackAlarms = heldBack.alarms;
  }
  if (injected !== null) {
    numbers.injectedFaults = injected.faults;
    Object.assign(numbers, prefixed("injected", ratesOf(injected)));
  }
  if (champion !== null) {
    numbers.comparedDays = champion.days;
    numbers.challengerAlarms = champion.challenger.alarms;
    numbers.championAlarms = champion.champion.alarms;
    if (champion.challenger.injected !== null) numbers.challengerF1 = f1Of(champion.challenger);
    if (champion.champion.injected !== null) numbers.championF1 = f1Of(champion.champion);
  }
  return numbers;
}

function prefixed(prefix: string, rates: Record<string, number>): Record<string, number> {
  return Object.fromEntries(
    Object.entries(rates).map(([name, rate]) => [`${prefix}${name[0]!.toUpperCase()}${name.slice(1)}`, rate]),
  );
}

function notInForce(name: GateName, text: string): Gate {
  return { name, passed: true, inForce: false, text };
}

function days(count: number): string {
  return `${count.toFixed(1)} days`;
}
