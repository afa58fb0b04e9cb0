import Fuse from "fuse.js";

/** The part of an inventory target that people may name it by. */
export type NamedTarget = {
  name: string;
  instanceId: string | null;
  addresses: readonly string[];
  tags: Readonly<Record<string, string>>;
};

export type ResolvedTarget =
  | { kind: "one"; name: string }
  | { kind: "several"; names: string[] }
  | { kind: "unknown"; suggestions: string[] };

const groupTags = new Set([
  "role",
  "group",
  "service",
  "team",
  "env",
  "environment",
  "stage",
  "tier",
  "cluster",
  "app",
]);
const suggestionCount = 3;

/**
 * Which targets a text names: by name, EC2 id, address (with or without port) or the value of a group tag (role,
 * group, service, team, env, ...; also `role=web` and a plain plural). Case does not matter, and neither do the
 * spaces people put for dashes ("web 1"). Nothing is guessed: a text that only resembles a name is `unknown`, with up
 * to three suggestions, nearest first. A name wins over a group of the same word. `names` keep the inventory's order.
 */
export function resolveTarget(text: string, targets: readonly NamedTarget[]): ResolvedTarget {
  const wanted = text.trim().toLowerCase();
  if (wanted === "") return { kind: "unknown", suggestions: [] };
  for (const matches of [isNamed, isLooselyNamed, isInGroup]) {
    const names = targets.filter((target) => matches(target, wanted)).map((target) => target.name);
    const [first] = names;
    if (names.length === 1 && first !== undefined) return { kind: "one", name: first };
    if (names.length > 1) return { kind: "several", names };
  }
  return { kind: "unknown", suggestions: suggest(wanted, targets) };
}

function isNamed(target: NamedTarget, wanted: string): boolean {
  if (target.name.toLowerCase() === wanted || target.instanceId?.toLowerCase() === wanted) return true;
  return target.addresses.some((address) => {
    const known = address.toLowerCase();
    return known === wanted || withoutPort(known) === withoutPort(wanted);
  });
}

function isLooselyNamed(target: NamedTarget, wanted: string): boolean {
  return onlyLettersAndDigits(target.name.toLowerCase()) === onlyLettersAndDigits(wanted);
}

function isInGroup(target: NamedTarget, wanted: string): boolean {
  return Object.entries(target.tags).some(([key, value]) => {
    const [tag, group] = [key.toLowerCase(), value.toLowerCase()];
    if (group === "") return false;
    if (wanted === `${tag}=${group}` || wanted === `${tag}:${group}`) return true;
    return groupTags.has(tag) && (wanted === group || wanted === `${group}s`);
  });
}

/** "10.0.1.5:9100" => "10.0.1.5"; an IPv6 address without brackets stays whole. */
function withoutPort(address: string): string {
  const colon = address.lastIndexOf(":");
  const hasPort = colon > 0 && (address.indexOf(":") === colon || address[colon - 1] === "]");
  return hasPort ? address.slice(0, colon) : address;
}

function onlyLettersAndDigits(text: string): string {
  return text.replace(/[\s._-]/gu, "");
}

function suggest(wanted: string, targets: readonly NamedTarget[]): string[] {
  const search = new Fuse([...targets], {
    keys: ["name", "instanceId", "addresses"],
    threshold: 0.45,
    ignoreLocation: true,
    ignoreFieldNorm: true,
    includeScore: true,
  });
  // Fuse cannot search more than 32 characters at once, and no name that long is a typing slip.
  const found = search.search(wanted.slice(0, 32), { limit: suggestionCount });
  return found.map((hit) => hit.item.name);
}
