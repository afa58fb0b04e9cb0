import type { Target } from "../infra/inventory.ts";
import { ModelStoreError } from "../infra/model-store.ts";
import { PrometheusError } from "../infra/prometheus/error.ts";
import type { Drift } from "../ml/drift.ts";
import type { LiveModel } from "./detector.ts";
import { isHeld } from "./find-version.ts";
import type { Trainer, Training } from "./training.ts";
import type { TrainingHistory } from "./training-history.ts";
import type { Workers } from "./worker-pool.ts";

/** What the last look at a target's model found; `at` is unix ms. */
export type ModelLook = {
  at: number;
  drift: Drift | null;
  decided: "trained" | "kept" | "held" | "incident" | "no rows";
};

export type Retraining = ReturnType<typeof createRetraining>;

type Dependencies = {
  /** Wall hours between two looks at a target; 0: never. */
  hours: number;
  wall: () => number;
  targets: () => readonly Target[];
  live: () => readonly LiveModel[];
  versions: Trainer["versions"];
  drift: Workers["drift"];
  /** The stored bytes of a version. */
  stored: (id: string) => Promise<Uint8Array>;
  /** Rows of the last `seconds` of a target, incidents blank; null without any. */
  recent: (target: Target, seconds: number) => Promise<TrainingHistory | null>;
  hasIncident: (target: string) => Promise<boolean>;
  learn: (target: Target, because: "first" | "daily" | "drift" | "person", by: string) => Promise<Training>;
  log: { info(fields: object, message: string): void };
};

const HOUR_MS = 3_600_000;
const DAY_SECONDS = 86_400;
/** What fills the windows before the first row that counts. */
const contextSeconds = 2 * 3600;
/** Until a model has learned from so much, more history makes it better (usable alarms need about eight days). */
const settledMinutes = 8 * 1440;
const leastMoreMinutes = 720;
const afterIncidentMs = 10 * 60_000;
/** A target without a model is tried again when there is more history; one whose model was refused, a day later. */
const triedAgainMs = { failed: HOUR_MS, refused: 24 * HOUR_MS };

/**
 * Trains by itself, one target at a time: what a person asked for, then targets without a model, then the looks that
 * are due. A look at a target comes every `hours`, at a moment of its own, and never while it has an incident. It
 * tests the last day's quiet rows for drift and trains a challenger only when there is some, or when the model has
 * learned from less than eight days: refitting on everything every day made ranking worse, for trouble that nobody
 * noticed becomes usual.
 */
export function createRetraining(deps: Dependencies) {
  const looks = new Map<string, ModelLook>();
  const notBefore = new Map<string, number>();
  const asked: { target: Target; by: string }[] = [];

  /** One round: at most one training. False when there was nothing to do. */
  async function step(): Promise<boolean> {
    const request = asked[0];
    const unlearned = request === undefined ? firstUnlearned() : null;
    const due = request === undefined && unlearned === null ? firstDue() : null;
    if (request !== undefined) await learnAsked(request);
    else if (unlearned !== null) await learnFirst(unlearned);
    else if (due !== null) await look(due.target, due.live);
    else return false;
    return true;
  }

  async function learnAsked(request: { target: Target; by: string }): Promise<void> {
    try {
      await deps.learn(request.target, "person", request.by);
    } finally {
      asked.shift();
    }
  }

  /** Trains these in the background, one after the other; answers how many of them were not asked for already. */
  function request(targets: readonly Target[], by: string): number {
    const fresh = targets.filter(({ name }) => !asked.some(({ target }) => target.name === name));
    asked.push(...fresh.map((target) => ({ target, by })));
    return fresh.length;
  }

  function firstUnlearned(): Target | null {
    const known = new Set(deps.live().map(({ target }) => target));
    const now = deps.wall();
    return deps.targets().find(({ name }) => !known.has(name) && now >= (notBefore.get(name) ?? 0)) ?? null;
  }

  async function learnFirst(target: Target): Promise<void> {
    notBefore.set(target.name, deps.wall() + triedAgainMs.failed);
    const trained = await deps.learn(target, "first", "system");
    if (!trained.ok && trained.reason === "refused")
      notBefore.set(target.name, deps.wall() + triedAgainMs.refused);
  }

  function firstDue(): { target: Target; live: LiveModel } | null {
    if (deps.hours === 0) return null;
    const now = deps.wall();
    for (const live of deps.live()) {
      const last = Math.max(live.createdAt, looks.get(live.target)?.at ?? 0);
      if (now < (notBefore.get(live.target) ?? 0)) continue;
      if (slotOf(live.target, now) <= slotOf(live.target, last)) continue;
      const target = deps.targets().find(({ name }) => name === live.target);
      if (target !== undefined) return { target, live };
    }
    return null;
  }

  /** Every target has its own moment within the hours between two looks. */
  function slotOf(target: string, atMs: number): number {
    const period = deps.hours * HOUR_MS;
    return Math.floor((atMs + shareOf(target) * period) / period);
  }

  async function look(target: Target, live: LiveModel): Promise<void> {
    const seen = (decided: ModelLook["decided"], drift: Drift | null = null) =>
      void looks.set(target.name, { at: deps.wall(), drift, decided });
    if (await deps.hasIncident(target.name)) {
      notBefore.set(target.name, deps.wall() + afterIncidentMs);
      return;
    }
    if (isHeld(await deps.versions(target.name))) return seen("held");
    const drift = await driftOf(target, live);
    if (drift === null) return seen("no rows");
    const because = drift.drifted ? "drift" : isYoung(live, drift) ? "daily" : null;
    seen(because === null ? "kept" : "trained", drift);
    if (because === null) return;
    const trained = await deps.learn(target, because, "system");
    deps.log.info(
      { target: target.name, because, went: trained.ok ? trained.version : trained.message },
      "a model was trained by itself",
    );
  }

  async function driftOf(target: Target, live: LiveModel): Promise<Drift | null> {
    try {
      const recent = await deps.recent(target, DAY_SECONDS + contextSeconds);
      const newest = recent?.frame.time.at(-1);
      if (recent === null || newest === undefined) return null;
      return await deps.drift({
        model: await deps.stored(live.id),
        frame: recent.frame,
        from: newest - DAY_SECONDS,
      });
    } catch (error) {
      if (error instanceof PrometheusError || error instanceof ModelStoreError) return null;
      throw error;
    }
  }

  /** Whether there is by now at least half a day more to learn from. */
  function isYoung({ model, createdAt }: LiveModel, { rows }: Drift): boolean {
    const elapsedMinutes = (deps.wall() - createdAt) / 60_000;
    return model.learnedMinutes < settledMinutes && rows > 0 && elapsedMinutes >= leastMoreMinutes;
  }

  return {
    step,
    request,
    /** Targets that wait for a training that a person asked for. */
    waiting: (): string[] => asked.map(({ target }) => target.name),
    lookAt: (target: string): ModelLook | null => looks.get(target) ?? null,
  };
}

/** A fixed number in [0, 1) for every name (FNV-1a): the fleet's looks spread evenly, and stay where they are. */
export function shareOf(name: string): number {
  let hash = 0x811c9dc5;
  for (let i = 0; i < name.length; i++) {
    hash ^= name.charCodeAt(i);
    hash = Math.imul(hash, 0x01000193);
  }
  // FNV spreads the low bits well and the high ones poorly for short names.
  hash ^= hash >>> 15;
  return (Math.imul(hash, 0x85ebca6b) >>> 0) / 4_294_967_296;
}
