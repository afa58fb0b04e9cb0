import type { Intent } from "./intent.ts";

/** What a thread's card is about. */
export type Thread = { plan?: string; incident?: string; target?: string };

const pointing =
  /(?:^| )(?:it|its|this|that|there|here|them|him|the (?:box|server|host|machine|instance|node|target|service))(?: |$)/u;
const wholeFleet = /(?:^| )(?:all|everything|every|fleet|everywhere|anything|overall)(?: |$)/u;

/**
 * Fills in what a thread makes obvious: in a plan's thread "approve" means that plan, in an incident's thread "ack"
 * means that incident. What the text says itself is never changed.
 */
export function inThread(intent: Intent, words: string, thread: Thread | undefined): Intent {
  if (thread === undefined) return intent;
  const named =
    ("id" in intent && intent.id !== undefined) || ("target" in intent && intent.target !== undefined);
  if (named) return intent;
  const { plan, incident, target } = thread;
  switch (intent.kind) {
    case "escalate":
      if (plan !== undefined) return { ...intent, id: plan };
      return incident === undefined ? intent : { ...intent, id: incident };
    case "approve":
    case "deny":
    case "cancel":
      return plan === undefined || namesAnother(words) ? intent : { ...intent, id: plan };
    case "acknowledge":
    case "silence":
    case "resolve":
    case "remediate":
    case "feedback":
      if (intent.kind === "remediate" && intent.runbook === "practice") return intent;
      if (incident !== undefined) return { ...intent, id: incident };
      return target === undefined || intent.kind === "feedback" ? intent : { ...intent, target };
    case "explain":
      if (incident !== undefined) return { ...intent, id: incident };
      return target === undefined ? intent : { ...intent, target };
    case "logs":
    case "chart":
    case "anomaly_check":
    case "forecast":
    case "failure_risk":
      return target === undefined || wholeFleet.test(words) ? intent : { ...intent, target };
    case "status":
    case "history":
      return target === undefined || !pointing.test(words) ? intent : { ...intent, target };
    default:
      return intent;
  }
}

/** A decision that names plans, even several, is about those and not about the thread's. */
function namesAnother(words: string): boolean {
  return /(?:^| )(?:plan|inc)-\d/u.test(words);
}
