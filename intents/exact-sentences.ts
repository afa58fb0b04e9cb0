import type { Intent } from "./intent.ts";

/** Whole sentences that are commands, each about one id. */
const sentences: readonly (readonly [RegExp, (id: string) => Intent])[] = [
  [/^(?:not a problem|no problem|false alarm):? (inc-\d+)$/iu, (id) => ({ kind: "feedback", id })],
  [
    /^(?:problem|(?:it was |it is |was )?(?:a )?real(?: problem)?|it was a problem):? (inc-\d+)$/iu,
    (id) => ({ kind: "feedback", id, verdict: "problem" }),
  ],
  [
    /^(?:(?:this is )?the )?new normal:? (inc-\d+)$/iu,
    (id) => ({ kind: "feedback", id, verdict: "new_normal" }),
  ],
  [/^accept (threshold-\d+)$/iu, (id) => ({ kind: "feedback", id, accept: true })],
  [/^leave (threshold-\d+)$/iu, (id) => ({ kind: "feedback", id, accept: false })],
  [/^it (?:rebooted|happened|ran):? (plan-\d+)$/iu, (id) => ({ kind: "conclude", id, outcome: "happened" })],
  [
    /^it (?:did not|didn't) (?:reboot|happen|run):? (plan-\d+)$/iu,
    (id) => ({ kind: "conclude", id, outcome: "did_not_happen" }),
  ],
  [/^conclude (plan-\d+) happened$/iu, (id) => ({ kind: "conclude", id, outcome: "happened" })],
  [
    /^conclude (plan-\d+) did[ _-]not[ _-]happen$/iu,
    (id) => ({ kind: "conclude", id, outcome: "did_not_happen" }),
  ],
  [/^(?:incident )?pack (inc-\d+)$/iu, (id) => ({ kind: "history", id })],
  [/^autonomy(?: show)?$/iu, () => ({ kind: "autonomy" })],
  [/^autonomy on$/iu, () => ({ kind: "autonomy", change: "on" })],
  [/^autonomy off$/iu, () => ({ kind: "autonomy", change: "off" })],
  [
    /^autonomy promote (?:rule )?([a-z][a-z0-9-]{0,63})$/iu,
    (subject) => ({ kind: "autonomy", change: "promote", subject }),
  ],
  [
    /^autonomy demote (?:rule )?([a-z][a-z0-9-]{0,63})$/iu,
    (subject) => ({ kind: "autonomy", change: "demote", subject }),
  ],
  [
    /^autonomy release ([\p{L}\p{N}_][\p{L}\p{N}_.:-]{0,99})$/iu,
    (subject) => ({ kind: "autonomy", change: "release", subject }),
  ],
  [/^(?:drill|practice|practise)[ -]approval$/iu, () => ({ kind: "remediate", runbook: "practice" })],
  [/^seal(?: the)? glass$/iu, () => ({ kind: "break_glass", end: true })],
  [/^end(?: the)? break[ -]glass$/iu, () => ({ kind: "break_glass", end: true })],
  [
    /^page the next person(?: (?:for )?((?:inc|plan)-\d+))?$/iu,
    (id) => (id === "" ? { kind: "escalate" } : { kind: "escalate", id }),
  ],
];

const emergency = /^break(?: the)?[ -]glass(?:(?::| because(?: of)?)\s+(\S.{0,499})|:?)$/isu;

/** What an exact sentence means, or null: "not a problem inc-12", "it rebooted plan-18", "accept threshold-3". */
export function exactSentence(cleaned: string): Intent | null {
  const declared = emergency.exec(cleaned);
  if (declared !== null)
    return { kind: "break_glass", ...(declared[1] === undefined ? {} : { reason: declared[1].trim() }) };
  for (const [pattern, means] of sentences) {
    const found = pattern.exec(cleaned);
    if (found !== null) return means((found[1] ?? "").toLowerCase());
  }
  return null;
}
