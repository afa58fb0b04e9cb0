import { appendAudit } from "./audit.ts";
import { autonomyOff } from "./autonomy.ts";
import type { Context } from "./context.ts";
import { openedSince } from "./store/autonomy-rows.ts";
import { readSwitch, writeSwitch } from "./store/switches.ts";

/** What one target looks like in one round of the watch. */
export type Face = "well" | "trouble" | "no data";

/** So many targets at once look like broken monitoring rather than broken machines; `silent` of them lost their data. */
export type MassEvent = { targets: string[]; fleet: number; silent: number };

const windowSeconds = 300;
const leastTargets = 5;

/**
 * Counts the targets that fell into trouble or lost their data within five minutes of metric time. At least five, and
 * more than a fifth of the fleet, are a mass event. What was so already when the watch began is no news.
 */
export function createMassWatch() {
  const faces = new Map<string, Face>();
  const fell = new Map<string, number>();
  let begun = false;

  /** One round; `recent` are targets whose trouble, though first seen now, is known to have begun within the window. */
  function look(
    round: ReadonlyMap<string, Face>,
    now: number,
    recent: ReadonlySet<string> = new Set(),
  ): MassEvent | null {
    for (const [target, face] of round) {
      const before = faces.get(target) ?? (begun ? "well" : face);
      if (face !== "well" && (before === "well" || (!begun && recent.has(target)))) fell.set(target, now);
      faces.set(target, face);
    }
    for (const target of faces.keys()) if (!round.has(target)) faces.delete(target);
    for (const [target, at] of fell) if (now - at > windowSeconds || !faces.has(target)) fell.delete(target);
    begun = true;
    if (!isMassEvent(fell.size, round.size)) return null;
    const targets = [...fell.keys()].sort();
    const silent = targets.filter((target) => faces.get(target) === "no data").length;
    return { targets, fleet: round.size, silent };
  }

  /** What fell until now was told; whoever turns autonomy on again has seen it. */
  return { look, forget: (): void => fell.clear() };
}

/** At least five targets, and more than a fifth of the fleet. */
export function isMassEvent(targets: number, fleet: number): boolean {
  return targets >= leastTargets && targets * 5 > fleet;
}

/** A mass event by the incidents that opened within five minutes, also those that alerts from outside opened; or null. */
export async function massOfIncidents(
  ctx: Pick<Context, "store" | "clock" | "fleet" | "findTarget">,
): Promise<MassEvent | null> {
  // What opened before a person turned autonomy on again was seen by that person.
  const turned = await readSwitch(ctx.store.db, "autonomy");
  const since = Math.max(ctx.clock.wall() - windowSeconds * 1_000, turned?.at ?? 0);
  const opened = await openedSince(ctx.store.db, since);
  const targets = opened.filter((name) => ctx.findTarget(name) !== null);
  const fleet = ctx.fleet().length;
  return isMassEvent(targets.length, fleet) ? { targets, fleet, silent: 0 } : null;
}

/** Turns autonomy off, durably, until a person turns it on again; false when it is off already. */
export async function suspectMonitoring(event: MassEvent, ctx: Context): Promise<boolean> {
  const reason = `suspect monitoring: ${event.targets.length} of ${event.fleet} targets in trouble or without data within five minutes`;
  return ctx.store.transaction(async (trx) => {
    if ((await autonomyOff(trx)) !== null) return false;
    await writeSwitch(trx, "autonomy", { position: "off", person: "system", reason, at: ctx.clock.wall() });
    const detail = {
      targets: event.targets.length,
      fleet: event.fleet,
      some: event.targets.slice(0, 20).join(" "),
    };
    await appendAudit(trx, { actor: "system", verb: "turn off", subject: "autonomy", detail }, ctx);
    return true;
  });
}
