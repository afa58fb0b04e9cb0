import { setImmediate } from "node:timers/promises";
import {
  createGroups,
  type Group,
  indexInstances,
  type Instances,
  isWatched,
  type Labels,
} from "./inventory-groups.ts";
import { isLoopback } from "./loopback.ts";
import type { Prometheus } from "./prometheus/client.ts";
import type { TargetEntry } from "./targets-file.ts";

/**
 * One thing that can be watched and acted on: an EC2 instance with its Prometheus labels. `match` selects its series
 * (`instance` without a port matches any port); `addresses` are without ports.
 */
export type Target = {
  name: string;
  instanceId: string | null;
  region: string | null;
  match: Record<string, string>;
  addresses: string[];
  tags: Record<string, string>;
  /** Why the bot may never act on it (own instance, Prometheus's, database's, no EC2 identity), or null. */
  protectedBecause: string | null;
};

/** What the inventory needs to know of an EC2 instance. */
export type CloudInstance = {
  instanceId: string;
  region: string | null;
  tags: Record<string, string>;
  privateIp: string | null;
  publicIp: string | null;
};

/** What the bot must never act on because it depends on it. */
export type Self = {
  /** The instance the bot runs on, null when it runs elsewhere. */
  instanceId: string | null;
  /** For example `{ what: "Prometheus", addresses: ["10.0.1.9"] }`; loopback addresses identify nothing. */
  dependencies: readonly { what: string; addresses: readonly string[] }[];
};

type InventoryOptions = {
  prometheus: Prometheus;
  /** Null when EC2 could not be asked: then nothing may be acted on. */
  cloudInstances: readonly CloudInstance[] | null;
  /** What EC2 said instead, and what to do about it: for the card. */
  cloudProblem?: string | null;
  targetsYaml: readonly TargetEntry[];
  self: Self;
};

/**
 * Everything that can be watched: what Prometheus scrapes, joined with EC2 by an `instance_id` label, else by address,
 * else by Name tag, and every entry of `targets.yaml`, which wins. Sorted by name. The same answers give the same
 * targets, so it may be asked again at any time. Throws a PrometheusError when Prometheus does not answer.
 */
export async function buildInventory(options: InventoryOptions): Promise<Target[]> {
  const { series } = await options.prometheus.query("up");
  const joining = join(
    series.map(({ labels }) => labels),
    options,
  );
  for (;;) {
    const step = joining.next();
    if (step.done === true) return step.value;
    await setImmediate();
  }
}

/** The same from the label sets of `up`, at once. */
export function joinInventory(
  seen: readonly Labels[],
  options: Omit<InventoryOptions, "prometheus">,
): Target[] {
  const joining = join(seen, options);
  for (;;) {
    const step = joining.next();
    if (step.done === true) return step.value;
  }
}

/** Series or targets between two pauses. */
const slice = 2_000;

/** Pauses where other work may get its turn: ten thousand targets take a tenth of a second. */
function* join(
  seen: readonly Labels[],
  options: Omit<InventoryOptions, "prometheus">,
): Generator<undefined, Target[]> {
  const instances = indexInstances(options.cloudInstances ?? []);
  const groups = createGroups(options.targetsYaml, instances);
  const watched = seen
    .filter(isWatched)
    .map((labels) => ({ labels, key: JSON.stringify(labels) }))
    .sort((left, right) => compare(left.key, right.key))
    .map(({ labels }) => labels);
  // Series that say who they are come first, so that one that has only an address can join them.
  const telling = (labels: Labels) => Boolean(labels.instance_id ?? labels.target);
  yield;
  const inOrder = [...watched.filter(telling), ...watched.filter((one) => !telling(one))];
  for (const [done, labels] of inOrder.entries()) {
    if (done % slice === slice - 1) yield;
    groups.take(labels);
  }
  const protectedIds = dependencyInstances(options.self, options.cloudInstances ?? []);
  const targets: Target[] = [];
  for (const group of groups.all) {
    if (targets.length % slice === 0) yield;
    targets.push(toTarget(group, options, { instances, protectedIds }));
  }
  return withUniqueNames(targets).sort((left, right) => compare(left.name, right.name));
}

/** Instance id -> what runs there that the bot needs. */
function dependencyInstances(self: Self, cloud: readonly CloudInstance[]): Map<string, string> {
  const found = new Map<string, string>();
  for (const { what, addresses } of self.dependencies)
    for (const address of addresses.filter((one) => !isLoopback(one)))
      for (const { instanceId, privateIp, publicIp } of cloud)
        if (privateIp === address || publicIp === address) found.set(instanceId, what);
  return found;
}

function toTarget(
  group: Group,
  options: Omit<InventoryOptions, "prometheus">,
  { instances, protectedIds }: { instances: Instances; protectedIds: ReadonlyMap<string, string> },
): Target {
  const { entry } = group;
  const id = entry?.instance_id ?? onlyInstance(group, instances);
  const instance = id === null ? undefined : instances.byId.get(id);
  const own = [instance?.privateIp, instance?.publicIp].filter((address) => typeof address === "string");
  const addresses = [...new Set([...group.addresses, ...own])];
  const [first = ""] = addresses;
  return {
    name: group.name ?? instance?.tags.Name ?? (first || (id ?? "unnamed")),
    instanceId: id,
    region: entry?.region ?? instance?.region ?? null,
    match: entry?.match ?? (first === "" ? {} : { instance: first }),
    addresses,
    tags: { ...instance?.tags, ...entry?.tags },
    protectedBecause: whyProtected(id, instance, options, protectedIds),
  };
}

/** The instance a group is. Several candidates are none: an action must never hit the wrong one. */
function onlyInstance({ ids, name, addresses }: Group, instances: Instances): string | null {
  const found = [...addresses, ...(name === null ? [] : [name])].map((one) => instances.at(one)?.instanceId);
  const candidates = ids.size > 0 ? ids : new Set(found.filter((id) => id !== undefined));
  const [first] = candidates;
  return first !== undefined && candidates.size === 1 ? first : null;
}

function whyProtected(
  id: string | null,
  instance: CloudInstance | undefined,
  { cloudInstances, cloudProblem, self }: Omit<InventoryOptions, "prometheus">,
  protectedIds: ReadonlyMap<string, string>,
): string | null {
  if (id === null)
    return "it has no EC2 identity (no single instance_id label, and no single instance with its address or name)";
  if (id === self.instanceId) return "the bot itself runs on this instance";
  const dependency = protectedIds.get(id);
  if (dependency !== undefined) return `${dependency} runs on this instance, and the bot needs it`;
  if (cloudInstances === null)
    return `EC2 could not be asked whether the instance exists${cloudProblem ? `: ${cloudProblem}` : ""}`;
  return instance ? null : `EC2 knows no instance ${id} in this account and region`;
}

/** Targets with the same name get their instance id or address behind it: whoever says the name is asked back. */
function withUniqueNames(targets: readonly Target[]): Target[] {
  const count = new Map<string, number>();
  for (const { name } of targets) count.set(name, (count.get(name) ?? 0) + 1);
  return targets.map((target) =>
    count.get(target.name) === 1
      ? target
      : { ...target, name: `${target.name}-${target.instanceId ?? target.addresses[0] ?? "unknown"}` },
  );
}

function compare(left: string, right: string): number {
  return left < right ? -1 : left > right ? 1 : 0;
}
