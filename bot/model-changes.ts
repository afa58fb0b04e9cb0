import type { ModelRow } from "../infra/database/models.ts";
import { ModelStoreError, type ModelStore } from "../infra/model-store.ts";
import { type GateReport, refusalText } from "../ml/gates.ts";
import type { Model } from "../ml/model.ts";
import { decodeModel, encodeModel } from "../ml/model-codec.ts";
import { ModelError } from "../ml/model-error.ts";
import type { Person } from "../remediation/people.ts";
import type { BuildInfo } from "./build-info.ts";
import type { Detector } from "./detector.ts";
import { findVersion, unknownVersion, whyNotUsable } from "./find-version.ts";
import { acceptedFactor, metaOf, type ModelVersion, type Origin, toVersion } from "./model-meta.ts";

export type Changed =
  { ok: true; version: ModelVersion; before: string | null } | { ok: false; message: string };

/** A model with what the register keeps of it. */
type Made = { model: Model; bytes: Uint8Array; report: GateReport; origin: Origin };

type Dependencies = {
  detector: Pick<Detector, "live" | "adopt" | "stored">;
  models: ModelStore;
  build: BuildInfo;
};

/** Verdicts may only raise a threshold, by so much in all: training solves the lowest that the alarm budget allows. */
const MOST_FACTOR = 2;

/** Moves targets from one version of their model to another. */
export function createModelChanges({ detector, models, build }: Dependencies) {
  /** Stores and registers a version; one that passed its gates is used from then on. */
  async function store(target: string, made: Made): Promise<{ row: ModelRow }> {
    const { model, bytes, report, origin } = made;
    const row = await models.save(
      {
        target,
        bytes,
        meta: metaOf(model, report, origin, build),
        status: report.passed && !model.synthetic ? "live" : "refused",
        synthetic: model.synthetic,
      },
      {
        actor: origin.by,
        detail: {
          because: origin.because,
          ...(report.passed ? {} : { refused: refusalText(report) }),
        },
      },
    );
    if (row.live) use(row, model);
    return { row };
  }

  function use(row: ModelRow, model: Model): void {
    detector.adopt({ id: row.id, target: row.target, createdAt: row.createdAt, model });
  }

  /**
   * Makes an earlier version live again: "previous", or its number ("3", "v3", "web-1 v3"). Its file is read and
   * checked first. Nothing is trained by itself while an earlier version is live: a person chose it.
   */
  async function rollback(target: string, version: string, by: Pick<Person, "id">): Promise<Changed> {
    const all = await models.list(target);
    const wanted = findVersion(all, version);
    const refusal = wanted === null ? unknownVersion(target, version, all) : whyNotUsable(wanted);
    if (wanted === null || refusal !== null) return { ok: false, message: refusal ?? "" };
    const before = all.find(({ live }) => live)?.id ?? null;
    try {
      const model = decodeModel(await models.load(wanted));
      if (model.synthetic) return { ok: false, message: `${wanted.id} learned synthetic data` };
      if (!(await models.promote(wanted.id, { actor: by.id, detail: { before } })))
        return { ok: false, message: `${wanted.id} cannot be used any more: say "model ${target}"` };
      use(wanted, model);
    } catch (error) {
      if (!(error instanceof ModelStoreError || error instanceof ModelError)) throw error;
      return { ok: false, message: error.message };
    }
    return { ok: true, version: toVersion({ ...wanted, status: "live", live: true }), before };
  }

  /**
   * A new version with the live one's members and a higher threshold: `factor` times the present one, 1 to 2, so that
   * it alarms less. Earlier changes count: in all it is at most twice what history asked for. It passes no gates: a
   * person accepted the change.
   */
  async function adjustThreshold(target: string, factor: number, by: Pick<Person, "id">): Promise<Changed> {
    const live = detector.live().find((each) => each.target === target);
    if (live === undefined) return { ok: false, message: `${target} has no model yet` };
    const version = toVersion((await models.find(live.id)) ?? missing(live.id));
    const { meta } = version;
    const earlier = acceptedFactor(version);
    const inAll = earlier * factor;
    if (!(factor >= 1 && inAll <= MOST_FACTOR)) {
      const changed = earlier === 1 ? "" : ` (it is ${earlier.toFixed(2)} times that already)`;
      const message = `a threshold is raised to at most ${MOST_FACTOR} times what history asks for, not by ${factor}${changed}`;
      return { ok: false, message };
    }
    const origin: Origin = {
      because: "feedback",
      by: by.id,
      source: meta.source ?? "Prometheus",
      leftOut: meta.leftOut ?? 0,
    };
    const report: GateReport = {
      passed: true,
      gates: meta.gates ?? [],
      numbers: { ...meta.numbers, factor: inAll },
    };
    try {
      const present = decodeModel(await detector.stored(live.id));
      const model = { ...present, threshold: present.threshold * factor };
      const { row } = await store(target, { model, bytes: encodeModel(model), report, origin });
      return { ok: true, version: toVersion(row), before: live.id };
    } catch (error) {
      if (!(error instanceof ModelStoreError || error instanceof ModelError)) throw error;
      return { ok: false, message: error.message };
    }
  }

  return { store, rollback, adjustThreshold };
}

function missing(id: string): never {
  throw new Error(`${id} is live and not in the register`);
}
