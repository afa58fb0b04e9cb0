import type { Target } from "../inventory.ts";
import { addressOf, hasPort } from "./address.ts";

type Labels = Record<string, string>;

/**
 * Finds the target a series belongs to, or null: by its `instance_id`, else its `target` label, else the first target
 * whose `match` fits, else by address. A series with the `instance_id` of a known target is never another one's.
 * Preparing is O(targets); a series costs O(label names the matches use), whatever the number of targets.
 */
export function seriesMatcher(targets: readonly Target[]): (labels: Labels) => Target | null {
  const position = positionMatcher(targets);
  return (labels) => targets[position(labels)] ?? null;
}

/** As `seriesMatcher`, answering the target's position in the list, -1 for none. */
export function positionMatcher(
  targets: readonly Pick<Target, "instanceId" | "name" | "match" | "addresses">[],
): (labels: Labels) => number {
  const byId = new Map<string, number>();
  const byName = new Map<string, number>();
  const byAddress = new Map<string, number>();
  targets.forEach(({ instanceId, name, addresses }, at) => {
    if (instanceId !== null) byId.set(instanceId, at);
    byName.set(name, at);
    for (const address of addresses) if (!byAddress.has(address)) byAddress.set(address, at);
  });
  const firstMatch = matchFinder(targets.map(({ match }) => match));
  return (labels) => {
    const known =
      (labels.instance_id ? byId.get(labels.instance_id) : undefined) ??
      (labels.target ? byName.get(labels.target) : undefined);
    if (known !== undefined) return known;
    const matched = firstMatch(labels);
    return matched >= 0 ? matched : (byAddress.get(seriesAddress(labels) ?? "") ?? -1);
  };
}

/** Matches that ask for the same label names are one table: the joined values lead to the first match that has them. */
type MatchTable = { names: readonly string[]; byAddress: boolean; first: Map<string, number> };

/** Finds the first of many matches that labels fit (see `matches`), -1 for none, without trying each. */
export function matchFinder(all: readonly Labels[]): (labels: Labels) => number {
  const tables = new Map<string, MatchTable>();
  all.forEach((match, at) => {
    const { instance } = match;
    const byAddress = instance !== undefined && !hasPort(instance);
    const names = Object.keys(match)
      .filter((name) => name !== "instance" || !byAddress)
      .sort();
    if (names.length === 0 && !byAddress) return;
    const shape = JSON.stringify([byAddress, ...names]);
    const table = tables.get(shape) ?? { names, byAddress, first: new Map<string, number>() };
    tables.set(shape, table);
    const key = tableKey(table, match, byAddress ? addressOf(instance) : undefined);
    if (key !== null && !table.first.has(key)) table.first.set(key, at);
  });
  const prepared = [...tables.values()];
  return (labels) => {
    let found = -1;
    for (const table of prepared) {
      const key = tableKey(table, labels, table.byAddress ? seriesAddress(labels) : undefined);
      const at = key === null ? undefined : table.first.get(key);
      if (at !== undefined && (found < 0 || at < found)) found = at;
    }
    return found;
  };
}

/** Null when a label is absent. One value stands for itself, several are joined so that no two lists look alike. */
function tableKey(
  { names, byAddress }: MatchTable,
  labels: Labels,
  address: string | undefined,
): string | null {
  if (byAddress && address === undefined) return null;
  if (names.length === 0) return address ?? null;
  if (names.length === 1 && !byAddress) return labels[names[0] ?? ""] ?? null;
  const values = names.map((name) => labels[name]);
  return values.includes(undefined) ? null : JSON.stringify([address ?? null, ...values]);
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
