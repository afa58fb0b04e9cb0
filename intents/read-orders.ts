import { stripFillers } from "./fillers.ts";
import { mayBeAsked, mayStandBeside, startsAsQuestion } from "./guards.ts";
import { idsIn } from "./ids.ts";
import type { Intent } from "./intent.ts";
import { automationOrders } from "./orders/automation.ts";
import { decisionOrders } from "./orders/decisions.ts";
import { incidentOrders } from "./orders/incidents.ts";
import { remedyOrders } from "./orders/remedies.ts";
import type { Order } from "./orders/order.ts";
import { compilePhrase, matchPhrase } from "./phrase-pattern.ts";
import type { PlainText } from "./plain-words.ts";
import { synonyms } from "./synonyms.ts";
import { surelyNamesTarget, targetIn } from "./target-words.ts";
import { takeWhen } from "./when.ts";

/** The orders a text contains. Only `order` may be acted on; the others say why not, with what was recognised. */
export type OrderReading =
  | { kind: "order"; intent: Intent; clauses: number }
  | { kind: "several_orders"; intents: Intent[] }
  | { kind: "not_an_order"; intents: Intent[] }
  | { kind: "none" };

type Part = { words: string; question: boolean; polite: boolean; intent: Intent | null };

/** An order is short: longer clauses and texts of many clauses are prose about orders. In characters and clauses. */
const longestOrder = 200;
const mostClauses = 8;
const mostWords = 30;

let compiled: { order: Order; patterns: RegExp[] }[] | undefined;

/** All ways to give an order. The first that fits wins, so the narrow ones come first. */
export const orders: readonly Order[] = [
  ...decisionOrders,
  ...automationOrders,
  ...incidentOrders,
  ...remedyOrders,
];

/** Reads the orders out of a text: an order is one only when every word of its clause was understood. */
export function readOrders(text: PlainText): OrderReading {
  if (text.clauses.length > mostClauses) return { kind: "none" };
  const parts = text.clauses.map(readPart).filter((part) => part.words !== "" || part.question);
  const given = parts.filter((part) => part.intent !== null && isGiven(part, part.intent));
  const [first] = given;
  if (first === undefined || first.intent === null) return recognised(parts);
  const intents = given.flatMap((part) => part.intent ?? []);
  const merged = mergeOrders(intents);
  if (merged === null) return { kind: "several_orders", intents };
  const around = parts.filter((part) => !given.includes(part));
  const later = merged.kind === "remediate" && merged.when === undefined ? around.find(onlyTime) : undefined;
  if (later !== undefined && merged.kind === "remediate") merged.when = takeWhen(later.words)?.when ?? "";
  const beside = around.filter((part) => part !== later);
  if (!beside.every((part) => mayStandBeside(merged, part))) return { kind: "not_an_order", intents };
  return {
    kind: "order",
    intent: withSubject(merged, beside.map((part) => part.words).join(" ")),
    clauses: parts.length,
  };
}

/** A clause of its own that says when: "reboot web-1, tonight between 2 and 4". */
function onlyTime({ words, question }: Part): boolean {
  return !question && takeWhen(words)?.words === "";
}

function readPart(clause: { words: string; question: boolean }): Part {
  const { words, polite } = stripFillers(clause.words);
  // The time first: in "restart web-1 at 02:00" nothing else may be taken for a target.
  const intent = matchLater(words) ?? matchOrder(words) ?? matchOrder(clause.words);
  return { words, polite, question: clause.question, intent };
}

/** A remedy that is ordered for later: "reboot web-1 tonight between 2 and 4". Nothing else can wait. */
function matchLater(words: string): Intent | null {
  const timed = takeWhen(words);
  const order = timed === null ? null : matchOrder(stripFillers(timed.words).words);
  return timed !== null && order?.kind === "remediate" ? { ...order, when: timed.when } : null;
}

function isGiven(part: Part, intent: Intent): boolean {
  return mayBeAsked(intent, part) && !startsAsQuestion(part.words);
}

function matchOrder(words: string): Intent | null {
  if (words === "" || words.length > longestOrder) return null;
  compiled ??= orders.map((order) => ({
    order,
    patterns: order.say.map((template) => compilePhrase(template, synonyms)),
  }));
  for (const { order, patterns } of compiled) {
    for (const pattern of patterns) {
      const slots = matchPhrase(pattern, words);
      const intent = slots === null ? null : order.means(slots, words);
      if (intent !== null) return intent;
    }
  }
  return null;
}

/** What is ordered somewhere inside clauses that are no orders: "should I *approve plan-9*". */
function recognised(parts: readonly Part[]): OrderReading {
  const intents: Intent[] = [];
  for (const part of parts) {
    if (part.intent !== null) intents.push(part.intent);
    else intents.push(...embedded(part.words));
  }
  return intents.length === 0 ? { kind: "none" } : { kind: "not_an_order", intents };
}

function embedded(words: string): Intent[] {
  const tokens = words.split(" ");
  if (tokens.length > mostWords || words.length > longestOrder) return [];
  for (let cut = 1; cut < tokens.length; cut++) {
    const intent = matchOrder(tokens.slice(cut).join(" ")) ?? matchOrder(tokens.slice(0, -cut).join(" "));
    if (intent !== null) return [intent];
  }
  return [];
}

/** One order said in two breaths ("LGTM, run plan-22") is one; two different orders are null. */
function mergeOrders(intents: readonly Intent[]): Intent | null {
  const said = new Map<string, string>();
  for (const [name, value] of intents.flatMap((intent) => Object.entries(intent))) {
    const written = JSON.stringify(value);
    if ((said.get(name) ?? written) !== written) return null;
    said.set(name, written);
  }
  return intents.reduce((merged: Intent, intent) => Object.assign({ ...merged }, intent));
}

/** What "it" is, when the words beside the order name exactly one thing of the right kind. */
function withSubject(intent: Intent, beside: string): Intent {
  if (beside === "" || ("target" in intent && intent.target) || ("id" in intent && intent.id)) return intent;
  const decides = intent.kind === "approve" || intent.kind === "deny" || intent.kind === "cancel";
  const ids = idsIn(beside, decides ? "plan" : "inc").filter((id) => id.startsWith("plan-") === decides);
  const sure = new Set(beside.split(" ").filter(surelyNamesTarget));
  const target = sure.size > 1 ? undefined : targetIn(beside);
  switch (intent.kind) {
    case "approve":
    case "deny":
    case "cancel":
      return ids.length === 1 && ids[0] !== undefined ? { ...intent, id: ids[0] } : intent;
    case "acknowledge":
    case "silence":
    case "resolve":
    case "remediate":
      if (ids.length === 1 && ids[0] !== undefined) return { ...intent, id: ids[0] };
      return target === undefined ? intent : { ...intent, target };
    case "train":
    case "rollback":
      return target === undefined ? intent : { ...intent, target };
    default:
      return intent;
  }
}
