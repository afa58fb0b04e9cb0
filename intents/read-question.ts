import type { CommandKind } from "./commands.ts";
import { stripLeading, stripShowMe } from "./fillers.ts";
import { idsIn } from "./ids.ts";
import type { Intent } from "./intent.ts";
import { intentOf } from "./intent-of.ts";
import { metricIn } from "./metric-words.ts";
import { kindOfCommand } from "./parse-command.ts";
import type { PlainText } from "./plain-words.ts";
import { questionPhrases } from "./question-phrases.ts";
import { concepts, howTo, suppositions } from "./suppositions.ts";
import { surelyNamesTarget } from "./target-words.ts";

/** Questions are short too; of a longer text the beginning says what is asked. In characters. */
const longestQuestion = 600;
const remedyVerbs = /^(?:reboot|restart|bounce|scale|clean|repair|remediate|heal|propose)$/u;
const promqlCall =
  /^(?:please )?(?:(?:can|could) you )?(?:run|execute|evaluate|eval|query|do|give me)?\s*(?:the |this |a )?(?:promql|prometheus|query|expression)(?: query| expression| expr)?\s*:?\s+(\S.*)$/isu;
const promqlWord = /promql|prometheus|\bquery:|expression/iu;
const promqlStart = /^(?:[a-z_:][\w:]*\s?[({]|(?:sum|avg|max|min|count|topk)\s+(?:by|without)\s?\()/iu;
const promqlInside = /\[\d+[smhdwy][\w:]*\]|\{[^{}"]*=/u;
const promqlComparison = /^[a-z_:][\w:]*\s*(?:==|!=|>=?|<=?)\s*[\d.]+$/iu;
const compare = /^(?:compare|correlate|overlay|trend of)\b/u;

/** The kind that is asked for, with its slots, or null when no phrase is known. Never a kind that acts. */
export function readQuestion(text: PlainText, cleaned: string): Intent | null {
  const promql = readPromql(cleaned);
  if (promql !== null) return promql;
  const words = text.words.slice(0, longestQuestion);
  const polite = stripLeading(words);
  const asked = stripShowMe(polite) || words;
  const kind = kindAsked(asked, words, asked !== polite);
  return kind === null ? null : typeof kind === "string" ? intentOf(kind, words, cleaned) : kind;
}

function kindAsked(asked: string, words: string, shown: boolean): CommandKind | Intent | null {
  const verb = howTo.exec(asked)?.[1];
  if (verb !== undefined) {
    const topic = remedyVerbs.test(verb) ? "remediate" : kindOfCommand(verb);
    if (topic !== undefined) return { kind: "help", topic };
  }
  // "can I see the cpu" is stripped to what it asks for; any other "can I" asks for leave or advice.
  if (suppositions.some((pattern) => pattern.test(asked))) return "ask";
  if (concepts.test(asked) && namesNothing(asked)) return "ask";
  const bare = onlyNamed(asked);
  if (bare !== null) return bare;
  if (compare.test(asked) && metricIn(asked) !== undefined) return "chart";
  const found = questionPhrases.find(({ asks }) => asks.some((pattern) => pattern.test(asked)));
  if (found !== undefined) return found.kind;
  if (shown && metricIn(asked) !== undefined) return "chart";
  if (idsIn(words, "inc").length > 0 && shown)
    return idsIn(words, "inc")[0]?.startsWith("plan") ? "history" : "incidents";
  if (shown && asked.split(" ").some(surelyNamesTarget)) return "status";
  return metricIn(asked) !== undefined && asked.split(" ").length <= 6 ? metricQuestion(asked) : null;
}

/** "how does the model do" is about ours; "how does swap work" is about the world. */
function namesNothing(asked: string): boolean {
  const ours =
    /\b(?:(?:run|play)-?books?|models?|detectors?|rules?|plans?|incidents?|fleet|bot|you|this|it|look|clean-disk|restart-service)\b/u;
  return !ours.test(asked) && idsIn(asked, "inc").length === 0 && !asked.split(" ").some(surelyNamesTarget);
}

/** A text that is nothing but an id or a target asks how that is. */
function onlyNamed(asked: string): CommandKind | null {
  if (asked.includes(" ")) return null;
  const [id] = idsIn(asked, "inc");
  if (id !== undefined) return id.startsWith("plan-") ? "history" : "incidents";
  return surelyNamesTarget(asked) ? "status" : null;
}

/** "cpu web-1" shows, "what is the load on web-1" tells. */
function metricQuestion(asked: string): CommandKind {
  return /^(?:what|how|is|are)\b/u.test(asked) ? "status" : "chart";
}

/** An expression sent alone, or after "run promql" and the like; null for anything else. */
export function readPromql(cleaned: string): Intent | null {
  const text = cleaned.replace(/^`+|`+$/gu, "").trim();
  if ((promqlStart.test(text) && promqlInside.test(text)) || promqlComparison.test(text))
    return { kind: "promql", expr: text };
  if (!promqlWord.test(text)) return null;
  const expr = promqlCall
    .exec(text)?.[1]
    ?.replace(/^`+|`+$/gu, "")
    .trim();
  return expr === undefined || expr === "" || /^(?:is|are|does|down|up\?|says|said|do|not)\b/iu.test(expr)
    ? null
    : { kind: "promql", expr };
}
