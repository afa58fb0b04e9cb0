import { getIncident, type Incident } from "../remediation/incident.ts";
import { listPlans } from "../remediation/plans.ts";
import { proposeForIncident } from "../remediation/propose.ts";
import { isOutside } from "./alerts/outside-alert.ts";
import type { Bot } from "./bot.ts";
import { createPace } from "./pace.ts";
import type { createFleetWatch, Fresh } from "./watch-fleet.ts";

type Dependencies = {
  bot: Bot;
  fleet: ReturnType<typeof createFleetWatch>;
  /** Shows an incident on the home channels that do not show it yet. */
  announce: (incident: string) => Promise<void>;
  /** Shows a fleet-wide change there, or edits its card. */
  announceFleet: (fleet: string) => Promise<void>;
  log: { info(fields: object, message: string): void };
};

/** `partial`: what is known is not whole, so nothing is proposed yet. `now` is metric time. */
type Showing = { now: number; partial: boolean; failures: unknown[] };

/** Shows what was opened, and lets the rules propose: whoever is alone gets a proposal, a change of many targets none. */
export function createShowing({ bot, fleet, announce, announceFleet, log }: Dependencies) {
  const pace = createPace();
  /** Alert key -> its incident, where a rule could not propose yet: what stood in the way (AWS, a limit) may pass. */
  const unproposed = new Map<string, Incident>();
  /** Fresh incidents are sorted by one at a time: the watch's round, or who tells of alerts from outside. */
  let turn: Promise<void> = Promise.resolve();

  function tellFresh(fresh: readonly Fresh[], about: number, showing: Showing): Promise<void> {
    const mine = turn.then(() => sortAndShow(fresh, about, showing));
    turn = mine.catch(() => undefined);
    return mine;
  }

  async function sortAndShow(fresh: readonly Fresh[], about: number, showing: Showing): Promise<void> {
    const { alone, fleets } = await fleet.sort(fresh, about, showing.now);
    for (const each of alone) {
      const incident = await getIncident(each.incident, bot.core);
      if (incident === null || incident.status === "resolved" || incident.status === "silenced") continue;
      await show(incident, each, showing.partial).catch((error: unknown) => showing.failures.push(error));
      await pace();
    }
    for (const id of fleets) await announceFleet(id);
  }

  async function show(incident: Incident, { key, acts }: Fresh, partial: boolean): Promise<void> {
    if (acts && partial) unproposed.set(key, incident);
    else if (acts) await proposeOnce(key, incident);
    await announce(incident.id);
  }

  async function retry(key: string, partial: boolean): Promise<void> {
    const earlier = unproposed.get(key);
    if (earlier === undefined || partial) return;
    if (await fleet.isShared(earlier.id)) unproposed.delete(key);
    else await proposeOnce(key, earlier);
  }

  /** As `retry`, for the alerts from outside that still stand: nothing else says that they do. */
  async function retryOutside(partial: boolean): Promise<void> {
    for (const [key, { id }] of [...unproposed].filter(([each]) => isOutside(each))) {
      const incident = await getIncident(id, bot.core);
      const stands = incident?.alerts.some((alert) => alert.key === key && alert.status === "firing");
      if (stands !== true) unproposed.delete(key);
      else await retry(key, partial);
    }
  }

  /** A rule proposes only where no plan was made yet: the watch never replaces one, nor repeats a denied one. */
  async function proposeOnce(key: string, incident: Incident): Promise<void> {
    const triedBefore = unproposed.delete(key);
    if ((await listPlans({ incident: incident.id }, bot.core)).length > 0) return;
    const proposal = await proposeForIncident(incident, bot.core);
    if (proposal === null) return;
    if (!proposal.ok) {
      unproposed.set(key, incident);
      if (!triedBefore)
        log.info({ incident: incident.id, reason: proposal.reason }, "nothing was proposed yet");
      return;
    }
    if (proposal.plan.status === "approved") bot.run(proposal.plan.id);
  }

  return {
    tellFresh,
    show,
    retry,
    retryOutside,
    /** Whether a rule may still propose for this alert. */
    isWaiting: (key: string): boolean => unproposed.has(key),
    /** The alert is over. */
    forget: (key: string): void => void unproposed.delete(key),
  };
}
