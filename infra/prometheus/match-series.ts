import type { Target } from "../inventory.ts";
import { addressOf, hasPort } from "./address.ts";

type Labels = Record<string, string>;

/**
 * Finds the target a series belongs to, or null: by its `instance_id`, else its `target` label, else the first target
 * whose `match` fits, else by address. A series with the `instance_id` of a known target is never another one's.
 */
export function seriesMatcher(targets: readonly Target[]): (labels: Labels) => Target | null {
  const byId = new Map(targets.map((target) => [target.instanceId, target]));
  const byName = new Map(targets.map((target) => [target.name, target]));
  return (labels) =>
    (labels.instance_id && byId.get(labels.instance_id)) ||
    (labels.target && byName.get(labels.target)) ||
    targets.find(({ match }) => matches(match, labels)) ||
    targets.find(({ addresses }) => addresses.includes(seriesAddress(labels) ?? "")) ||
    null;
}

/**
 * Whether labels fit a target's `match`. `instance` without a port fits every port of the address; everything else is
 * compared exactly. An empty match fits nothing.
 */
export function matches(match: Labels, labels: Labels): boolean {
  const wanted = Object.entries(match);
  return (
    wanted.length > 0 &&
    wanted.every(([name, value]) =>
      name === "instance" && !hasPort(value)
        ? seriesAddress(labels) === addressOf(value)
        : labels[name] === value,
    )
  );
}

/** Labels by which these targets are told apart beyond their address: what the catalog's `$by` has to keep. */
export function distinguishingLabels(targets: readonly Pick<Target, "match">[]): string[] {
  const names = targets.flatMap(({ match }) =>
    Object.keys(match).filter((name) => name !== "instance" || hasPort(match.instance ?? "")),
  );
  return [...new Set(names)].sort();
}

function seriesAddress(labels: Labels): string | undefined {
  const address = labels.address ?? labels.instance;
  return address === undefined ? undefined : addressOf(address);
}
