import type { CloudInstance } from "./inventory.ts";
import { isLoopback } from "./loopback.ts";
import { addressOf } from "./prometheus/address.ts";
import { matchFinder } from "./prometheus/match-series.ts";
import type { TargetEntry } from "./targets-file.ts";

export type Labels = Record<string, string>;

/** A target in the making. `ids`: the instances it may be; only one of them is an identity. */
export type Group = { entry: TargetEntry | null; ids: Set<string>; name: string | null; addresses: string[] };

/** Jobs that scrape no machine and no service of one. */
const notMachines = /^(prometheus|alertmanager|grafana|pushgateway|kubelet|cadvisor|.*blackbox.*)$/;

/** Whether the series of `up` is of a machine or of a service of one. */
export function isWatched({ job = "", instance = "" }: Labels): boolean {
  return instance !== "" && !notMachines.test(job) && !instance.includes("://");
}

/** The groups, found by what series say of themselves: each lookup costs the same however many there are. */
export function createGroups(entries: readonly TargetEntry[], instances: Instances) {
  const all: Group[] = [];
  const places = { id: new Map<string, number>(), name: new Map<string, number>() };
  const byAddress = new Map<string, number[]>();
  const byEntryName = new Map<string, number>();
  const listed = matchFinder(entries.map(({ match }) => match ?? {}));

  /** The first group counts, in the order of the groups. */
  function note(places: Map<string, number>, key: string, at: number): void {
    if (at < (places.get(key) ?? Infinity)) places.set(key, at);
  }

  function add(group: Omit<Group, "ids" | "addresses">, id: string | undefined): number {
    const at = all.push({ ...group, ids: new Set(id === undefined ? [] : [id]), addresses: [] }) - 1;
    if (id !== undefined) note(places.id, id, at);
    if (group.name !== null) note(places.name, group.name, at);
    return at;
  }

  for (const entry of entries) {
    const named = entry.match ? undefined : instances.at(entry.name);
    note(byEntryName, entry.name, add({ entry, name: entry.name }, entry.instance_id ?? named?.instanceId));
  }

  function find(labels: Labels, address: string, id: string | undefined): number | undefined {
    const matched = listed(labels);
    if (matched >= 0) return matched;
    if (id !== undefined) return places.id.get(id);
    if (labels.target !== undefined) return places.name.get(labels.target);
    const sharing = byAddress.get(address) ?? [];
    return sharing.length === 1 ? sharing[0] : byEntryName.get(address);
  }

  return {
    all,
    take(labels: Labels): void {
      const address = addressOf(labels.instance ?? "");
      const id = labels.instance_id ?? instances.at(address)?.instanceId;
      const at = find(labels, address, id) ?? add({ entry: null, name: labels.target ?? null }, id);
      const group = all[at];
      if (group === undefined) return;
      if (!group.addresses.includes(address)) {
        group.addresses.push(address);
        append(byAddress, address, at);
      }
      if (!labels.instance_id) return;
      group.ids.add(labels.instance_id);
      note(places.id, labels.instance_id, at);
    },
  };
}

export type Instances = ReturnType<typeof indexInstances>;

/** EC2's answer by what a series may say. Two candidates are none: nothing is guessed. */
export function indexInstances(cloud: readonly CloudInstance[]) {
  const [byAddress, byName] = [new Map<string, CloudInstance[]>(), new Map<string, CloudInstance[]>()];
  const byId = new Map<string, CloudInstance>();
  for (const instance of cloud) {
    const { instanceId, privateIp, publicIp, tags } = instance;
    for (const address of new Set([privateIp, publicIp]))
      if (address !== null) append(byAddress, address, instance);
    if (tags.Name !== undefined) append(byName, tags.Name, instance);
    if (!byId.has(instanceId)) byId.set(instanceId, instance);
  }
  return {
    /** By private or public address, else by Name tag. */
    at(address: string): CloudInstance | undefined {
      if (isLoopback(address)) return undefined;
      const found = byAddress.get(address) ?? byName.get(address) ?? [];
      return found.length === 1 ? found[0] : undefined;
    },
    byId,
  };
}

function append<Value>(lists: Map<string, Value[]>, key: string, value: Value): void {
  const known = lists.get(key);
  if (known === undefined) lists.set(key, [value]);
  else known.push(value);
}
