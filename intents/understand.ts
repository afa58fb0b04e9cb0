import { classify } from "./classify.ts";
import { addressesSomebody, cleanText } from "./clean-text.ts";
import { acts } from "./commands.ts";
import { startsAsQuestion } from "./guards.ts";
import type { Intent, Understood, WhyUnknown } from "./intent.ts";
import { intentOf } from "./intent-of.ts";
import { kindOfCommand, parseCommand } from "./parse-command.ts";
import { nearCommand } from "./near-command.ts";
import { plainText } from "./plain-words.ts";
import type { PlainText } from "./plain-words.ts";
import { readOrders } from "./read-orders.ts";
import type { OrderReading } from "./read-orders.ts";
import { readPromql, readQuestion } from "./read-question.ts";
import { respell } from "./respell.ts";
import { suggestCommand } from "./suggest-command.ts";
import { targetsListed } from "./target-words.ts";
import { inThread } from "./thread.ts";
import type { Thread } from "./thread.ts";
import { saysWhen } from "./when.ts";

export type Context = {
  /** What the thread's card is about: "approve" there means that plan. */
  thread?: Thread;
  /** The bot's own id in that chat, so that another person's mention is not taken for the bot's. */
  bot?: string;
};

const sure = 0.95;
const ratherSure = 0.85;
const respelt = 0.8;
/** Below this a resemblance is no answer; the person is asked back. */
const leastConfidence = 0.45;
const leastAlternative = 0.06;
const mostAlternatives = 3;
const forbids = /(?:^| )(?:not|never|no|without)(?: |$)/u;

/**
 * What a chat text means: an exact command, else an order or a question in known phrases, else what it resembles.
 * Whatever changes something needs a command or an order understood word by word, never a resemblance; "approve" and
 * "deny" carry a plan only if the text names it or `context.thread` is that plan's. Total: every string is answered,
 * with `unknown` and what might have been meant where nothing fits.
 */
export function understand(raw: string, context: Context = {}): Understood {
  const cleaned = cleanText(raw, context.bot);
  if (cleaned === null) return unknown(raw, "too_long", [{ kind: "help" }]);
  if (cleaned === "") return unknown("", undefined, [{ kind: "help" }, { kind: "status" }]);
  const found = understandClean(cleaned);
  const decides = found.intent.kind === "approve" || found.intent.kind === "resume";
  if (decides && context.bot === undefined && addressesSomebody(raw)) {
    return unknown(cleaned, "not_an_order", offered([found.intent]));
  }
  const intent = inThread(found.intent, plainText(cleaned).words, context.thread);
  return { ...found, intent };
}

function understandClean(cleaned: string): Understood {
  const command = parseCommand(cleaned);
  if (command !== null) return { intent: command, confidence: 1, source: "command", alternatives: [] };
  const quotedWhole = /^`([^`]+)`$/u.exec(cleaned)?.[1];
  const quotedCommand =
    quotedWhole === undefined ? null : (parseCommand(quotedWhole.trim()) ?? readPromql(quotedWhole));
  if (quotedCommand !== null && !acts(quotedCommand.kind)) return classified(quotedCommand, sure);
  const near = nearCommand(cleaned);
  if (near !== null) return unknown(cleaned, near.because, near.alternatives);
  const text = plainText(cleaned);
  const read = readPhrases(text, cleaned, sure);
  if (read !== null) return aboutOneTarget(read, text, cleaned);
  const corrected = respell(text);
  const reread = corrected === null ? null : readPhrases(corrected, cleaned, respelt);
  return aboutOneTarget(reread ?? readResemblance(corrected ?? text, cleaned), text, cleaned);
}

/** A look at a list of targets is asked back, one button each: an answer about the first would hide the others. */
function aboutOneTarget(read: Understood, text: PlainText, cleaned: string): Understood {
  const { intent } = read;
  if (acts(intent.kind) || intent.kind === "ask" || !("target" in intent)) return read;
  const targets = targetsListed(text.words);
  if (targets.length < 2) return read;
  return unknown(
    cleaned,
    "several_targets",
    targets.map((target) => ({ ...intent, target })),
  );
}

/** By the known phrases, or null. `best` is the confidence of a text in one clause. */
function readPhrases(text: PlainText, cleaned: string, best: number): Understood | null {
  const orders = readOrders(text);
  if (orders.kind === "order") {
    const confidence = orders.clauses > 1 ? Math.min(best, ratherSure) : best;
    return classified(withReason(orders.intent, text.reason), confidence);
  }
  if (orders.kind === "several_orders") return unknown(cleaned, "several_orders", offered(orders.intents));
  const asks = text.clauses.some((clause) => clause.question || startsAsQuestion(clause.words));
  if ((orders.kind === "not_an_order" || text.quoted) && !asks)
    return unknown(
      cleaned,
      isUnclearTime(orders, text) ? "unclear_time" : "not_an_order",
      instead(orders, text),
    );
  const question = readQuestion(text, cleaned);
  if (question !== null) return classified(question, Math.min(best, 0.9));
  return orders.kind === "not_an_order" ? unknown(cleaned, "not_an_order", instead(orders, text)) : null;
}

function readResemblance(text: PlainText, cleaned: string): Understood {
  const ranked = classify(text.words);
  const [likeliest] = ranked;
  if (likeliest !== undefined && likeliest.probability >= leastConfidence) {
    const { kind, probability } = likeliest;
    if (kind !== "unknown" && !acts(kind))
      return classified(intentOf(kind, text.words, cleaned), probability);
  }
  const meant = suggestCommand(cleaned);
  const suggested = meant === null ? undefined : kindOfCommand(meant);
  const likely = ranked
    .filter(({ kind, probability }) => kind !== "unknown" && probability >= leastAlternative)
    .flatMap(({ kind }) =>
      kind === "unknown" || kind === suggested ? [] : intentOf(kind, text.words, cleaned),
    );
  const alternatives =
    suggested === undefined ? likely : [intentOf(suggested, text.words, cleaned), ...likely];
  return unknown(cleaned, text.quoted ? "not_an_order" : undefined, alternatives);
}

function classified(intent: Intent, confidence: number): Understood {
  return { intent, confidence: Math.round(confidence * 100) / 100, source: "classifier", alternatives: [] };
}

function unknown(text: string, because: WhyUnknown | undefined, alternatives: Intent[]): Understood {
  const offers = alternatives.every(mayBeNow)
    ? alternatives
    : alternatives.filter((offer) => mayBeNow(offer) || !saysWhen(plainText(text).words));
  const intent: Intent = {
    kind: "unknown",
    text: text.slice(0, 200),
    ...(because === undefined ? {} : { because }),
  };
  return {
    intent,
    confidence: 0,
    source: "classifier",
    alternatives: offers.slice(0, mostAlternatives),
  };
}

/** Whether an intent may be offered beside a time that was not understood: one press would begin it now. */
function mayBeNow(intent: Intent): boolean {
  const later = new Set(["remediate", "rollback", "resume", "train", "resolve", "autonomy"]);
  return !later.has(intent.kind) || (intent.kind === "remediate" && intent.when !== undefined);
}

/** A remedy was named, and words beside it say when, but not so that it can be read. */
function isUnclearTime(orders: OrderReading, text: PlainText): boolean {
  if (!("intents" in orders) || text.quoted || forbids.test(text.words)) return false;
  return orders.intents.some((intent) => !mayBeNow(intent)) && saysWhen(text.words);
}

function withReason(intent: Intent, reason: string | undefined): Intent {
  if (reason === undefined) return intent;
  switch (intent.kind) {
    case "resolve":
    case "remediate":
    case "deny":
    case "cancel":
    case "pause":
    case "resume":
      return { ...intent, reason };
    default:
      return intent;
  }
}

/** What to offer for an action that was named but not ordered: a forbidden one is not offered at all. */
function instead(orders: OrderReading, text: PlainText): Intent[] {
  const forbidden = forbids.test(text.words);
  const look = intentOf("status", text.words, text.words);
  return forbidden
    ? [look, { kind: "history" }, { kind: "help" }]
    : [...("intents" in orders ? offered(orders.intents) : []), look];
}

/** As buttons: a decision is offered without its plan, so that a misread text is never one press from running. */
function offered(intents: readonly Intent[]): Intent[] {
  return intents.map((intent) =>
    intent.kind === "approve" || intent.kind === "resume" ? { kind: intent.kind } : intent,
  );
}
