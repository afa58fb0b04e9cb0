import { randomBytes } from "node:crypto";
import type { Alertmanager } from "../../infra/alertmanager.ts";
import type { Config } from "../../infra/config.ts";
import type { LogBook } from "../../infra/log.ts";
import { fetchFrames } from "../../infra/prometheus/frames.ts";
import { CloudError } from "../../infra/errors.ts";
import type { Cloud, CloudReads } from "../../remediation/cloud.ts";
import type { Context, Measure } from "../../remediation/context.ts";
import { execute } from "../../remediation/execute.ts";
import { executeApproved } from "../../remediation/recover.ts";
import type { Store } from "../../remediation/store.ts";
import type { Bot } from "../bot.ts";
import type { Detector } from "../detector.ts";
import type { Subject } from "../refresh.ts";
import type { CloudSource } from "./cloud-source.ts";
import type { Definitions } from "./definitions.ts";
import type { Inventory } from "./keep-inventory.ts";
import type { KeepRunning } from "./keep-running.ts";
import type { MetricSource } from "./metric-source.ts";
import { homesOf } from "./surfaces.ts";

type Dependencies = {
  config: Config;
  source: MetricSource;
  cloud: CloudSource;
  inventory: Inventory;
  detector: Detector;
  definitions: Definitions;
  store: Store;
  book: LogBook;
  holder: string;
  changed: (subject: Subject) => void;
  watchState: Bot["watchState"];
  feedback: Bot["feedback"];
  thresholds: Bot["thresholds"];
  fleet: Bot["fleet"];
  history: Bot["history"];
  trainer: Bot["trainer"];
  retraining: Bot["retraining"];
  plans: KeepRunning;
  alertmanager: Pick<Alertmanager, "fires"> | null;
};

/** Puts together what the answers and the safety core need. */
export function createBot(deps: Dependencies): Bot {
  const { source, inventory, cloud, config, book, alertmanager } = deps;
  const findTarget = (name: string) => inventory.targets().find((target) => target.name === name) ?? null;
  const core: Context = {
    store: deps.store,
    ...deps.definitions,
    cloud: config.watchOnly ? watchOnlyCloud(cloud.cloud) : cloud.cloud,
    clock: source.clock,
    findTarget,
    fleet: inventory.targets,
    measure: measureWith(deps),
    measureBootTime: async (name) => {
      const target = findTarget(name);
      return target === null ? null : cloud.bootTime(target);
    },
    ...(alertmanager === null ? {} : { firesOutside: (labels) => alertmanager.fires(labels) }),
    wait: deps.plans.wait,
    isStopping: deps.plans.isStopping,
    random: () => randomBytes(16).toString("hex"),
    holder: deps.holder,
    changed: deps.changed,
    log: ({ level, message, ...fields }) => book.log[level](fields, message),
    dryRun: config.cloud.kind === "dry-run",
    demo: source.demo,
    settleDefaultSeconds: source.settleSeconds,
  };
  return {
    scene: () => ({
      nowMs: source.clock.wall(),
      metricNow: source.clock.metric(),
      timeZone: Intl.DateTimeFormat().resolvedOptions().timeZone,
      replay: source.replay !== null,
      dryRun: core.dryRun,
      catalog: source.catalog,
    }),
    targets: inventory.targets,
    prometheus: source.prometheus,
    detector: deps.detector,
    core,
    homes: homesOf(config),
    run: (plan) => deps.plans.run(execute(plan, core)),
    runApproved: () => deps.plans.run(executeApproved(core)),
    watchOnly: config.watchOnly,
    silencesOutside: config.alertmanagerUrl !== null && !config.watchOnly,
    recentLog: (limit) => book.recent({ limit }),
    watchState: deps.watchState,
    feedback: deps.feedback,
    thresholds: deps.thresholds,
    fleet: deps.fleet,
    history: deps.history,
    trainer: deps.trainer,
    retraining: deps.retraining,
    retentionDays: config.retentionDays,
  };
}

/** Calls that only look. For every other one the compiler asks below whether it is refused. */
type Looks = keyof CloudReads;

/** Reads as usual; a mutation is refused before it leaves, so that not even a plan approved earlier can act. */
function watchOnlyCloud(cloud: Cloud): Cloud {
  const refuse = () =>
    Promise.reject(
      new CloudError("the bot only watches", {
        code: "WatchOnly",
        accepted: "no",
        remedy: "Unset SMARTCLOUDOPS_WATCH_ONLY and start again to let it act",
      }),
    );
  const refused: Record<Exclude<keyof Cloud, Looks | "limitedTo">, typeof refuse> = {
    reboot: refuse,
    stop: refuse,
    start: refuse,
    modifyType: refuse,
    setDesired: refuse,
    enterStandby: refuse,
    exitStandby: refuse,
    startRefresh: refuse,
    register: refuse,
    deregister: refuse,
    sendCommand: refuse,
  };
  return { ...cloud, ...refused, limitedTo: () => Promise.resolve(refused) };
}

/** One metric of one target over a window, with its usual band: what verdicts rest on. */
function measureWith({ source, inventory, detector }: Dependencies): Measure {
  return async (name, metricName, window) => {
    const target = inventory.targets().find((each) => each.name === name);
    const metric = source.catalog.find(metricName);
    if (target === undefined || metric === null) return { mean: null, samples: 0, partial: true };
    const { frames, partial } = await fetchFrames({
      prometheus: source.prometheus,
      catalog: { ...source.catalog, metrics: [metric] },
      targets: [target],
      ...window,
      stepSeconds: Math.min(source.stepSeconds, Math.max(1, (window.end - window.start) / 4)),
    });
    const column = [...(frames.get(name)?.columns[0] ?? [])];
    const values = column.filter((value) => !Number.isNaN(value));
    const latest = column.at(-1) ?? Number.NaN;
    const usual = detector.usual(name, metric.name);
    return {
      mean: values.length === 0 ? null : values.reduce((sum, value) => sum + value, 0) / values.length,
      samples: values.length,
      missing: column.length - values.length,
      ...(values.length === 0 ? {} : { lowest: Math.min(...values), highest: Math.max(...values) }),
      ...(Number.isNaN(latest) ? {} : { latest }),
      ...(usual === null ? {} : { low: usual[0], high: usual[1] }),
      course: { time: [...(frames.get(name)?.time ?? [])], values: column },
      partial,
    };
  };
}
