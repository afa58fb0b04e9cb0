import { idFrom } from "./ids.ts";
import { resemblesDuration } from "./durations.ts";
import { metricNamed } from "./metric-words.ts";

const set = (words: string): ReadonlySet<string> => new Set(words.split(/\s+/u));

/** Words for "a target" that name none. */
const nouns =
  "box boxes server servers host hosts machine machines instance instances node nodes vm vms target targets fleet " +
  "cluster infra infrastructure system systems site website platform service services app apps application " +
  "applications process daemon container thing things stuff";
/** Words that stand where a target could stand and never name one. */
const common =
  "a an the my our your his her their its all any each every some no none both either other another one ones it " +
  "this that these those there here they them me us you i we he she who what which when where why how is are was " +
  "were be been am do does did done has have had will would can could should shall may might must and or but not " +
  "never nor so if then than as at by for from in into of off on onto out over to up down with without about after " +
  "before again ago already also always anymore around away back because between during else even ever far fine " +
  "good bad great ok okay just last late later least less like long lot many maybe more most much near next now " +
  "nothing anything everything something nobody anyone anybody everyone everybody someone somebody @someone old new " +
  "once only per please pls plz really right same since soon still such sure thanks thank thx through till today " +
  "tomorrow tonight too overnight yesterday yet until unless under very via well while whole yes yeah yep nope " +
  "morning afternoon evening night shift week weekend month year day days hour hours minute minutes second seconds " +
  "time times monday tuesday wednesday thursday friday saturday sunday midnight noon recently lately currently " +
  "quickly asap urgently immediately first second third previous past current latest recent " +
  "incident incidents alert alerts alarm alarms issue issues problem problems ticket tickets page pages outage " +
  "outages fire plan plans change changes action actions approval approvals runbook runbooks playbook playbooks " +
  "rule rules model models detector metric metrics number numbers value values graph chart plot log logs line lines " +
  "status state health report reports update updates summary overview check checks question questions answer " +
  "history audit help anomaly anomalies anomalous outlier outliers weird odd strange unusual normal healthy broken " +
  "down dead alive slow fast high low hot full stuck hung wrong trouble danger risk failure prod-wide general " +
  "fault faults cause causes reason reasons root details detail information info data list command commands option " +
  "options usage use space room disk disks percent limit threshold capacity average averages median peak " +
  "automation automations remediation remediations everywhere somewhere anywhere bot yourself myself yourselves " +
  "ourselves themselves itself him handover handoff hand brief recap digest minutes team teams people person guy " +
  "guys folks man mate dude boss call duty example instance general detail sudden moment moments purpose period " +
  "range scale restart reboot resume pause approve deny reject retrain silence mute snooze cancel rollback undo " +
  "close resolve ack clean start stop fix restarting rebooting deploying deploy deployment release releases " +
  "production-wide work working performance progress errors error traffic requests connection connections " +
  "dashboard load-balancer balancer rotation pool going happening looking doing running coming getting touching changing messing enough sense sky";
const never = new Set([...set(nouns), ...set(common)]);

const notTargets: readonly RegExp[] = [
  /^[a-z]\d[a-z]{0,3}\.(?:nano|micro|small|medium|large|metal|\d{0,2}xlarge)$/u, // an instance type
  /^v?\d+(?:[.,]\d+)*(?:%|x|k|st|nd|rd|th|am|pm|xx|[kmgt]i?b)?$/u, // numbers, versions, percentages, sizes
  /^\d{1,2}:\d{2}$/u, // a time of day, or one that does not exist
  /^(?:sev|p|s|prio)-?\d$/u, // a severity
  /^(?:k8s|ec2|s3|ipv[46]|http[12]|log4j|i18n|utf-?8|h2|3d|24x7|24\/7|x86|arm64|amd64|load(?:5|15))$/u,
];
const address = /^(?:\d{1,3}\.){3}\d{1,3}(?::\d{1,5})?$/u;
const shape = /^[\p{L}\p{N}_](?:[\p{L}\p{N}_.:/=@-]{0,251}[\p{L}\p{N}_\])])?$/u;

/** Whether a lower-case word belongs to everyday speech, so that it is neither a name nor a mistyped argument. */
export function isEveryday(word: string): boolean {
  return never.has(word);
}

/** Whether a lower-case word could name a target at all: not an id, a duration, a metric or an everyday word. */
export function mayNameTarget(word: string): boolean {
  if (!shape.test(word) || never.has(word) || resemblesDuration(word)) return false;
  if (idFrom(word, "inc") !== undefined || metricNamed(word) !== undefined) return false;
  return address.test(word) || !notTargets.some((pattern) => pattern.test(word));
}

/** Whether a word is a target even without a word before it that says so: letters with a digit, or an address. */
export function surelyNamesTarget(word: string): boolean {
  if (!mayNameTarget(word)) return false;
  return address.test(word) || (/\d/u.test(word) && /\p{L}/u.test(word));
}

const afterPreposition = new RegExp(
  `(?:(?:^| )(?:on|of|for|about|with|from|at|against|happened to|done to|did to|how is)|^(?:is|are|was)) (?:(?:the|our|my|all|all of) )?` +
    `(?:(?:${nouns.split(" ").join("|")}|group) )?([^ ]{1,253})(?= |$)`,
  "gu",
);

const joiners = new Set(["and", "or", "&", "+", "plus", "vs", "versus"]);
const betweenMembers = new Set(["the", "also", "both"]);

/** Whether a lower-case word only joins the members of a list. */
export function joinsTargets(word: string): boolean {
  return joiners.has(word);
}

/** The targets that lower-case words name in one list ("web-1 and web-2", "web-1 web-2"), each once; at most one if no list. */
export function targetsListed(words: string): string[] {
  const tokens = words.split(" ").filter((word) => !joiners.has(word) && !betweenMembers.has(word));
  const start = tokens.findIndex(
    (word, index) => surelyNamesTarget(word) && surelyNamesTarget(tokens[index + 1] ?? ""),
  );
  if (start < 0) return tokens.filter(surelyNamesTarget).slice(0, 1);
  const end = tokens.findIndex((word, index) => index > start && !surelyNamesTarget(word));
  return [...new Set(tokens.slice(start, end < 0 ? undefined : end))];
}

/** The target that lower-case words talk about, as typed, or undefined: first a sure one, else one after "on" or "of". */
export function targetIn(words: string): string | undefined {
  const sure = words.split(" ").find(surelyNamesTarget);
  if (sure !== undefined) return sure;
  for (const found of words.matchAll(afterPreposition)) {
    const word = found[1];
    if (word !== undefined && mayNameTarget(word)) return word;
  }
  return undefined;
}
