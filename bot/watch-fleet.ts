import type { FleetChange, FleetChanges } from "../infra/database/fleet-changes.ts";

/**
 * An incident that was opened a moment ago; `began` is its onset, unix seconds of metric time. `key` is the alert's;
 * `acts` whether a rule may propose something for it.
 */
export type Fresh = { incident: string; target: string; began: number; key: string; acts: boolean };

const leastTargets = 3;
const leastSpreadSeconds = 120;
/** Who follows within so long belongs to the same change. */
const joinSeconds = 600;
/** So many rounds an incident waits for others when the scores say that some are about to follow. */
const mostRounds = 2;

/**
 * The largest set of fresh incidents whose onsets lie within `spreadSeconds`, when it has at least three targets; else
 * none. O(n log n).
 */
export function sharedMoment(fresh: readonly Fresh[], spreadSeconds: number): Fresh[] {
  const sorted = [...fresh].sort((a, b) => a.began - b.began);
  let best: Fresh[] = [];
  let first = 0;
  for (let last = 0; last < sorted.length; last++) {
    while (sorted[last]!.began - sorted[first]!.began > spreadSeconds) first++;
    if (last - first + 1 > best.length) best = sorted.slice(first, last + 1);
  }
  return new Set(best.map(({ target }) => target)).size >= leastTargets ? best : [];
}

/** What is to be told of fresh incidents: by themselves, or as the card of a fleet-wide change. */
type Sorted = { alone: Fresh[]; fleets: string[] };

/**
 * Finds incidents that began at one moment. Who is alone is told at once, unless enough other targets are about to
 * alarm: then it waits for at most two rounds. What was told alone shortly before still counts as a member.
 */
export function createFleetWatch({ store, stepSeconds }: { store: FleetChanges; stepSeconds: number }) {
  const spreadSeconds = Math.max(leastSpreadSeconds, 2 * stepSeconds);
  const fleetOf = new Map<string, string>();
  let recent: FleetChange[] | null = null;
  let waiting: (Fresh & { rounds: number })[] = [];
  let toldAlone: Fresh[] = [];

  /** `about` are targets whose score is at the threshold and whose alarm is not known yet; `now` is metric time. */
  async function sort(fresh: readonly Fresh[], about: number, now: number): Promise<Sorted> {
    const fleets = new Set<string>();
    if (recent === null) {
      // A crash may have come between a change and its card.
      recent = await store.since(now - joinSeconds);
      for (const { id } of recent) fleets.add(id);
    }
    if (fresh.length === 0 && waiting.length === 0) return { alone: [], fleets: [...fleets] };
    recent = recent.filter(({ openedAt }) => now - openedAt <= joinSeconds);
    toldAlone = toldAlone.filter(({ began }) => now - began <= joinSeconds);
    let open = await joinRecent(
      [...waiting, ...fresh.map((each) => ({ ...each, rounds: 0 }))],
      recent,
      fleets,
    );
    const group = sharedMoment([...open, ...toldAlone], spreadSeconds);
    if (group.length > 0) {
      fleets.add(await openFleet(group, now));
      const members = new Set(group.map(({ incident }) => incident));
      open = open.filter(({ incident }) => !members.has(incident));
      toldAlone = toldAlone.filter(({ incident }) => !members.has(incident));
    }
    const isExpected = open.length + about >= leastTargets && about > 0;
    waiting = open.filter(({ rounds }) => isExpected && rounds < mostRounds);
    const alone = open.filter((each) => !waiting.includes(each));
    waiting = waiting.map((each) => ({ ...each, rounds: each.rounds + 1 }));
    toldAlone.push(...alone);
    return { alone, fleets: [...fleets] };
  }

  /** Puts those that follow a recent change into it; answers the others. */
  async function joinRecent<Each extends Fresh>(
    fresh: Each[],
    changes: readonly FleetChange[],
    touched: Set<string>,
  ): Promise<Each[]> {
    let open = fresh;
    for (const { id, beganAt } of changes) {
      const joins = open.filter(
        ({ began }) => began >= beganAt - spreadSeconds && began <= beganAt + joinSeconds,
      );
      if (joins.length === 0) continue;
      const incidents = joins.map(({ incident }) => incident);
      await store.join(id, incidents);
      for (const incident of incidents) fleetOf.set(incident, id);
      touched.add(id);
      open = open.filter((each) => !joins.includes(each));
    }
    return open;
  }

  async function openFleet(group: readonly Fresh[], now: number): Promise<string> {
    const incidents = group.map(({ incident }) => incident);
    const beganAt = Math.min(...group.map(({ began }) => began));
    const id = await store.open({ beganAt, openedAt: now }, incidents);
    for (const incident of incidents) fleetOf.set(incident, id);
    recent?.push({ id, beganAt, openedAt: now });
    return id;
  }

  /** Whether an incident is a member, or may become one: rules propose nothing for it meanwhile. */
  async function isShared(incident: string): Promise<boolean> {
    if (waiting.some((each) => each.incident === incident)) return true;
    const known = fleetOf.get(incident) ?? (await store.of(incident)) ?? "";
    fleetOf.set(incident, known);
    return known !== "";
  }

  return { sort, isShared };
}
