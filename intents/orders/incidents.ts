import { durationIn } from "../durations.ts";
import type { Intent } from "../intent.ts";
import type { Slots } from "../phrase-pattern.ts";
import { subjectOf } from "./order.ts";
import type { Order } from "./order.ts";

function about(kind: "acknowledge" | "resolve") {
  return (slots: Slots): Intent | null => {
    const subject = subjectOf(slots);
    return subject === null || subject.id?.startsWith("plan-") ? null : { kind, ...subject };
  };
}

function silence(slots: Slots, words: string): Intent | null {
  const subject = subjectOf(slots);
  if (subject === null || subject.id?.startsWith("plan-")) return null;
  const duration = durationIn(words);
  return { kind: "silence", ...subject, ...(duration === undefined ? {} : { duration }) };
}

function endSilence(slots: Slots): Intent | null {
  const subject = subjectOf(slots);
  return subject === null || subject.id?.startsWith("plan-")
    ? null
    : { kind: "silence", ...subject, over: true };
}

const subject = "(<incident>|{pronoun}|{incidentish}|{incidentish} (on|for|about) {machine}|{machine})";
const lasting =
  "[again] [[{for}] (<duration>|the morning|tomorrow|tomorrow morning|monday|overnight|tonight|today|the weekend|now|a bit|a while)]";

/** Orders about incidents. */
export const incidentOrders: readonly Order[] = [
  {
    say: [
      `{unsilence} ${subject} [again]`,
      `{unsilence} {notices} [(for|on|from|about|of|at) ${subject}] [again]`,
      `(end|lift|remove|clear|cancel|stop|drop|undo|expire|delete|take off) {silences} [(of|on|for|from|about) ${subject}] [again]`,
      `(stop|quit) (silencing|muting|snoozing) ${subject}`,
      `(turn|switch) {notices} back on [(for|on|from|about) ${subject}]`,
      `turn on {notices} [again] (for|on|from|about) ${subject} [again]`,
    ],
    means: endSilence,
  },
  {
    say: [
      `{silence} ${subject} ${lasting}`,
      `{silence} {notices} [(for|on|from|about|of|at) (<incident>|{machine}|{pronoun})] ${lasting}`,
      `{silence} [everything|all|everyone] ${lasting}`,
      `shut up about ${subject} ${lasting}`,
      `be quiet [about ${subject}] ${lasting}`,
      `(stop|quit) {notifying} [{me}] [(about|for|on|with|over|from|at) ${subject}] ${lasting}`,
      `(do not|never) {notify} [{me}] (about|for|on|over|with) ${subject} ${lasting}`,
      `(pause|suspend|disable|turn off|switch off|stop|hold|kill|block|drop|mute) {notices} (for|on|from|about) ${subject} ${lasting}`,
      `no {notices} (for|on|from|about) ${subject} ${lasting}`,
      `[put|place|set] {machine} (in|into|under|in to) [a] maintenance [mode|window] ${lasting}`,
      `keep ${subject} (quiet|silent|muted) ${lasting}`,
      `ignore (<incident>|{machine}|{incidentish}) [{for}] <duration>`,
      "ignore <incident>",
      `{machine} {silence} ${lasting}`,
      `<incident> {silence} ${lasting}`,
    ],
    means: silence,
  },
  {
    say: [
      "{ack} (<incident>|{incidentish}|{pronoun})",
      "{ack} {incidentish} (on|for|about) {machine}",
      "(ack|acknowledge|acknowledged|acking|taking|i am taking|i will take|claim) {machine}",
      "{looking} (<incident>|{incidentish}|{pronoun})",
      "{looking} {incidentish} (on|for|about) {machine}",
      "(assign|give) (<incident>|{pronoun}|{incidentish}) to me",
      "<incident> (is mine|is on me|mine|ack|acked|acknowledged|i am on it|on it)",
      "(put|assign) me (on|to) (<incident>|{incidentish})",
      "(mark|set|flag) (<incident>|{pronoun}|{incidentish}) [as|to] (acknowledged|acked|taken|mine)",
      "(ack|acknowledge|acknowledged|acked|i ack|on it|i am on it|mine|dibs|i am looking|i have got this|i got this|i got it|looking into it|i will take a look|i am on that|looking now)",
      "(<incident>|{pronoun}) has my name on it",
    ],
    means: about("acknowledge"),
  },
  {
    say: [
      "{close} (<incident>|{incidentish}|{pronoun}) [as (fixed|resolved|done|solved)]",
      "{close} {incidentish} (on|for|about) {machine}",
      "{close} {machine} {incidentish}",
      "resolve {machine}",
      "(mark|set|flag|consider|call) (<incident>|{pronoun}|{incidentish}) [as|to] {closed}",
      "<incident> [is|has been|was] [now] {closed}",
      "(resolve|resolved|close it out|case closed)",
      "we are done with <incident>",
      "<incident> can be closed",
      "close [it] out",
    ],
    means: about("resolve"),
  },
];
