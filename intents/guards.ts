import type { Intent, IntentKind } from "./intent.ts";
import { surelyNamesTarget } from "./target-words.ts";
import { idFrom } from "./ids.ts";
import { quotation } from "./plain-words.ts";

const asking =
  /^(?:who|whom|whose|what|when|where|why|which|how|did|does|is|are|was|were|am|has|have (?:you|we|they|i|any\w*)|had|should|shall|may (?:i|we)|might|can|could|would|will (?!not\b)|do (?:you|we|i|they|people)|any|anyone|anybody|ever)(?: |$)/u;
const reported =
  /(?:^| )(?:said|says|say|saying|told|tells|tell|asked|asks|asking|ask|wants|wanted|suggests?|suggested|recommends?|recommended|thinks?|thought|wrote|writes|reads|posted|according|reportedly|rumou?r|quote|quoting|heard|typed|@\S+)(?: |$)/u;
const unreal =
  /(?:^| )(?:if|unless|whether|suppose|supposing|imagine|assuming|hypothetically|maybe|perhaps|might|would|could|should|shall|may|wonder|wondering|example|e\.g|kidding|joking|joke|jk|wait|actually|hold on|instead|rather|pretend|nvm|nevermind|scratch that|forget it|not yet)(?: |$)/u;
const otherTime =
  /(?:^| )(?:once|when|whenever|until|till|after|before|later|tomorrow|tonight|yesterday|ago|next|earlier|scheduled|schedule)(?: |$)|^(?:in|at|on|after) (?:\d|monday|tuesday|wednesday|thursday|friday|saturday|sunday|a bit|a while)/u;
const negated = /(?:^| )(?:not|no|never|nobody|none|without|avoid|refrain|stop|nope|nah)(?: |$)/u;
/** "web-1 is not responding" describes; it does not forbid. */
const stateNegated =
  /(?:is|are|does|do|has|will|can|was|keeps?) not (?:responding|answering|working|up|healthy|coming|serving|respond|answer|work|reachable|well|ok|okay|good|right|looking|running|reply|replying|starting|start|happy|behaving|recovering|recovered|accepting|processing|doing)|(?:^| )(?:no (?:response|answer|reply|luck|traffic)|stopped|not (?:responding|answering|working|healthy|reachable|serving))(?: |$)/u;
const tag = /^(?:ok|okay|please|thanks|yes|right|sure|cool|alright|good|fine|yeah|pretty please)?$/u;
const interjection =
  /^(?:urgent|emergency|hurry|quick|sorry|thanks|cheers|team|folks|all|everyone|bot|damn|ugh|argh|wow|oops|well|so|yes|yep|yeah|ok|okay|sure|great|cool|fine|please|asap|now|agreed|perfect|nice|good|sweet|awesome|done|hey|hi|hello)$/u;
const goodwill = new Set(
  (
    "it is this that looks look good great fine ok okay safe yes yep yeah sure thanks thank you please now go run do " +
    "lgtm agreed i am happy with the change plan makes sense ship nice perfect cool all right sounds we need to me " +
    "ready am here nobody has my blessing let us urgent quickly asap and a well go-ahead correct awesome sweet " +
    "alright +1 thx ty cheers love"
  ).split(" "),
);

/** These let something run: nothing in the text but goodwill may stand beside them. */
const strict: ReadonlySet<IntentKind> = new Set(["approve", "resume"]);
/** These only ever stop something: a negation beside them is no reason to doubt them. */
const safeDirection: ReadonlySet<IntentKind> = new Set(["deny", "cancel", "pause"]);

/** Whether words, stripped of politeness, begin as a question does. */
export function startsAsQuestion(words: string): boolean {
  return asking.test(words);
}

/** Whether an order may be taken from a clause that ends with a question mark or begins with "can you". */
export function mayBeAsked(intent: Intent, clause: { question: boolean; polite: boolean }): boolean {
  if (strict.has(intent.kind)) return !clause.question && !clause.polite;
  return !clause.question || clause.polite;
}

/** Whether the rest of the text leaves an order an order: nothing reported, supposed, postponed, doubted or forbidden. */
export function mayStandBeside(intent: Intent, beside: { words: string; question: boolean }): boolean {
  const { words, question } = beside;
  if (tag.test(words)) return !question || !strict.has(intent.kind);
  if (strict.has(intent.kind)) {
    if (startsAsQuestion(words)) return false;
    if (intent.kind === "approve" && /^plan-\d+$/u.test(words))
      return !question && (intent.id ?? words) === words;
    return !question && words.split(" ").every((word) => goodwill.has(word));
  }
  if (reported.test(words) || unreal.test(words)) return false;
  const oneWord = !words.includes(" ");
  if (safeDirection.has(intent.kind))
    return !oneWord || interjection.test(words) || negated.test(words) || names(words);
  if (question || startsAsQuestion(words) || otherTime.test(words) || words.includes(quotation)) return false;
  if (negated.test(words) && !stateNegated.test(words)) return false;
  return !oneWord || interjection.test(words) || names(words);
}

/** One word before a colon may be who said it ("mara: ..."), so it must be a target, an id or an exclamation. */
function names(word: string): boolean {
  return surelyNamesTarget(word) || idFrom(word, "inc") !== undefined;
}
