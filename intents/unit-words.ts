import { isKnownService } from "./known-services.ts";
import { mayNameTarget } from "./target-words.ts";

const log = "(?:logs?|journal|journalctl|tail|syslog|stderr|stdout|output|lines)";
const kindOfLog = "(?:(?:error|access|service|unit|system) )?";
const place = "(?:on|at|from|of|in|for)";
/** "tail nginx on web-1", "logs of nginx on web-1", "journalctl -u nginx on web-1". */
const after = new RegExp(
  `(?:^| )(?:${log}|follow|cat) (?:-[a-z]+ )*(?:(?:of|for|from) )?(?:the )?([^ ]+) ${kindOfLog}(?:${log} )?${place} `,
  "u",
);
/** "the nginx error log on web-1", "what do the nginx logs say on web-1". */
const before = new RegExp(`(?:^| )([^ ]+) ${kindOfLog}${log}(?: [^ ]+){0,3} ${place} `, "u");
/** "web-1 nginx logs", "tail web-1 nginx". */
const last = new RegExp(
  `(?:^| )(?:[^ ]*\\d[^ ]* ([^ ]+) ${kindOfLog}${log}|${log} [^ ]*\\d[^ ]* ([^ ]+))$`,
  "u",
);

/** What stands before "logs" in "fetch logs from web-1" and names none. */
const verbs = new Set(
  (
    "show get fetch grab pull dump check see view read give print display need want open tail cat follow bring load " +
    "stream watch find search grep collect error access debug kernel raw complete newest any few some more"
  ).split(" "),
);

/** The unit whose log lower-case words ask for, beside the target: "tail nginx on web-1" // => "nginx". */
export function unitIn(words: string): string | undefined {
  for (const pattern of [after, before, last]) {
    const found = pattern.exec(words);
    const word = found?.[1] ?? found?.[2];
    if (word !== undefined && isUnit(word)) return word;
  }
  return undefined;
}

function isUnit(word: string): boolean {
  return isKnownService(word) || (!verbs.has(word) && !/^(?:inc|plan)-/u.test(word) && mayNameTarget(word));
}
