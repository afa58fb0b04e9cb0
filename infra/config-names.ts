import { settings } from "./config-settings.ts";

const prefix = "SMARTCLOUDOPS_";

/** Refuses every `SMARTCLOUDOPS_*` name that no setting has, with the nearest real name where one is near. */
export function unknownNames(environment: NodeJS.ProcessEnv): string[] {
  const names = allowedNames();
  return Object.keys(environment)
    .filter((name) => name.toUpperCase().startsWith(prefix) && !names.includes(name))
    .sort()
    .map((name) => {
      const near = nearest(name.toUpperCase(), names);
      return `${name} is not a setting${near === null ? "; see .env.example for all of them" : `; did you mean ${near}?`}`;
    });
}

function allowedNames(): string[] {
  return settings.flatMap((setting) =>
    setting.secret ? [setting.name, `${setting.name}_FILE`] : [setting.name],
  );
}

function nearest(name: string, candidates: readonly string[]): string | null {
  const ranked = candidates
    .filter((candidate) => candidate.startsWith(prefix))
    .map((candidate) => ({
      candidate,
      distance: editDistance(name.slice(prefix.length), candidate.slice(prefix.length)),
    }))
    .sort((a, b) => a.distance - b.distance);
  const best = ranked[0];
  // A typing error, not another word of the same length: one in four letters at most.
  const most = Math.min(3, Math.floor((name.length - prefix.length) / 4));
  return best !== undefined && best.distance <= Math.max(1, most) ? best.candidate : null;
}

/** Insertions, deletions and substitutions from `a` to `b` (Levenshtein). editDistance("POLCY", "POLICY") // => 1 */
export function editDistance(a: string, b: string): number {
  let previous = Array.from({ length: b.length + 1 }, (_, column) => column);
  for (let row = 1; row <= a.length; row++) {
    const current = [row];
    for (let column = 1; column <= b.length; column++) {
      const substitution = (previous[column - 1] ?? 0) + (a[row - 1] === b[column - 1] ? 0 : 1);
      current.push(Math.min(substitution, (previous[column] ?? 0) + 1, (current[column - 1] ?? 0) + 1));
    }
    previous = current;
  }
  return previous[b.length] ?? 0;
}
