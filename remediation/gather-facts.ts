import type { Target } from "../infra/inventory.ts";
import type { TargetState } from "./actions/target-state.ts";
import type { Facts, TargetFacts } from "./blast-radius.ts";
import { changesBefore } from "./changes.ts";
import { cloudFailure, type InstanceView } from "./cloud.ts";
import { cloudNow, type Context } from "./context.ts";
import { afterStep, type States } from "./expected-state.ts";
import { beganAt, type Incident } from "./incident.ts";
import type { Step } from "./plan.ts";
import type { Risk } from "./policy.ts";
import type { Runbook } from "./runbook.ts";
import { serviceOf } from "./service.ts";
import { runDurations } from "./store/track-rows.ts";
import { causeOf, trackRecord } from "./track-record.ts";

/** A plan that is being made: what it would do to which targets, as they stand. */
type Prepared = {
  runbook: Pick<Runbook, "name" | "stops" | "wayBack">;
  params: Record<string, string>;
  risk: Risk;
  steps: readonly Step[];
  seen: readonly { target: Target; view: InstanceView; state: TargetState }[];
  incident: Incident | null;
  proofs: readonly string[];
  /** The runbook of the plan that this one takes back: its runs say how long it takes, and it cures nothing itself. */
  takesBack: string | null;
};

/** Requests are counted over the newest minutes, metric seconds. */
const trafficSeconds = 300;

/** Reads what somebody must know before the click. What cannot be read does not stop a proposal: the card says so. */
export async function gatherFacts(prepared: Prepared, ctx: Context): Promise<Facts> {
  const unread: string[] = [];
  const targets: TargetFacts[] = [];
  for (const seen of prepared.seen) targets.push(await targetFacts(prepared, seen, unread, ctx));
  const [first] = prepared.seen;
  const service = first === undefined ? "" : serviceOf(first.target);
  const cloud = cloudNow(ctx);
  const ran = { runbook: prepared.takesBack ?? prepared.runbook.name, service, cloud };
  const cause = prepared.takesBack === null ? causeOf(prepared.incident) : null;
  const since = prepared.incident === null ? ctx.clock.metric() : beganAt(prepared.incident);
  return {
    ...prepared,
    targets,
    dependents: dependentsOf(
      prepared.seen.map(({ target }) => target),
      ctx.fleet(),
    ),
    durations: await runDurations(ctx.store.db, ran),
    record: cause === null ? null : await trackRecord({ ...ran, cause }, ctx),
    changes:
      first === undefined || prepared.takesBack !== null ? [] : await changesBefore(first.target, since, ctx),
    unread,
    now: { wall: ctx.clock.wall(), metric: since },
  };
}

/** Other targets whose tag `depends_on` (or `depends-on`, `DependsOn`) names one of these or its service, sorted. */
export function dependentsOf(
  targets: readonly Pick<Target, "name" | "tags">[],
  fleet: readonly Pick<Target, "name" | "tags">[],
): string[] {
  const own = new Set(targets.map(({ name }) => name));
  const wanted = new Set(targets.flatMap((target) => [target.name, serviceOf(target)]));
  const depends = ({ name, tags }: Pick<Target, "name" | "tags">) =>
    !own.has(name) &&
    Object.entries(tags).some(
      ([key, value]) =>
        key.toLowerCase().replace(/[-_ ]/g, "") === "dependson" &&
        value.split(/[\s,;]+/).some((each) => wanted.has(each)),
    );
  return fleet
    .filter(depends)
    .map(({ name }) => name)
    .sort();
}

async function targetFacts(
  { steps, risk, incident }: Prepared,
  { target, view, state }: Prepared["seen"][number],
  unread: string[],
  ctx: Context,
): Promise<TargetFacts> {
  const course = courseOf(target.name, state, steps);
  const stops = course.slice(1).some((each) => each.state === "stopped");
  const type = course.at(-1)?.type ?? view.type;
  const read = reader(unread, ctx);
  const { cloud } = ctx;
  const changes = risk > 0;
  return {
    name: target.name,
    view,
    course,
    group:
      changes && state.group !== null
        ? await read(`who is in ${state.group.name}`, () => cloud.group(state.group?.name ?? ""))
        : null,
    protection:
      changes && target.instanceId !== null
        ? await read(`what protects ${target.name}`, () => cloud.protection(target.instanceId ?? ""))
        : null,
    type: stops ? await read(`what ${view.type} brings`, () => cloud.instanceType(view.type)) : null,
    newType: type === view.type ? null : await read(`what ${type} brings`, () => cloud.instanceType(type)),
    traffic: risk >= 2 ? await trafficOf(target, read, ctx) : null,
    down: incident?.target === target.name && incident.metric === "service_up",
  };
}

function courseOf(name: string, state: TargetState, steps: readonly Step[]): TargetState[] {
  let states: States = { [name]: state };
  const course = [state];
  for (const step of steps) {
    if (step.undoes !== null || step.target !== name) continue;
    states = afterStep(states, step);
    course.push(states[name] ?? state);
  }
  return course;
}

async function trafficOf(target: Target, read: Reader, ctx: Context): Promise<TargetFacts["traffic"]> {
  const now = ctx.clock.metric();
  const window = { start: now - trafficSeconds, end: now };
  const seen = await read(`the requests of ${target.name}`, () =>
    ctx.measure(target.name, "requests_per_second", window),
  );
  if (seen === null || seen.samples === 0 || seen.mean === null || !Number.isFinite(seen.mean)) return null;
  const service = serviceOf(target);
  const targets = ctx.fleet().filter((each) => serviceOf(each) === service).length;
  return { perSecond: Math.max(0, seen.mean), service, targets };
}

type Reader = <Result>(what: string, look: () => Promise<Result>) => Promise<Result | null>;

function reader(unread: string[], ctx: Pick<Context, "log">): Reader {
  return async (what, look) => {
    try {
      return await look();
    } catch (error) {
      unread.push(what);
      const { message } = cloudFailure(error);
      ctx.log({ level: "warn", event: "blast radius incomplete", message: `${what}: ${message}` });
      return null;
    }
  };
}
