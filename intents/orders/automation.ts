import type { Order } from "./order.ts";
import { subjectOf } from "./order.ts";

const versionShape = /^v?\d[\w.-]{0,40}$|^[0-9a-f]{6,64}$/u;

/** Orders about the models and about automation itself. */
export const automationOrders: readonly Order[] = [
  {
    say: [
      "{release} [{the}] ({switch}|freeze|pause|hold|lock|change freeze|automation freeze)",
      "{thaw} [{the}] {automation} [again|back on]",
      "(unfreeze|unpause|resume|un-pause|thaw|unlock) [everything|all|all actions|all automation|operations|normal operations]",
      "(turn|switch) [{the}] {automation} [back] on [again]",
      "(end|lift) [{the}] (freeze|pause)",
      "(go back|back|return) to (normal|normal operation|normal operations|work|business)",
      "you (can|may) (act|run things|work|remediate) again",
      "carry on with [{the}] automation",
    ],
    means: () => ({ kind: "resume" }),
  },
  {
    say: [
      "{hit} [{the}] {switch}",
      "(stop|quit) (touching|changing|messing with) (anything|everything|things|stuff|[{the}] {noun})",
      "{freeze} ([{the}] {automation}|{allwork})",
      "(turn|switch) [{the}] {automation} off",
      "(pause|freeze|halt|emergency stop|stand down|hands off|hands off everything|kill switch|killswitch|hold everything|freeze it all|stop the world|stop it all|change freeze|full stop|code red stop everything)",
      "(put|set) [{the}] {automation} on (hold|pause)",
    ],
    means: () => ({ kind: "pause" }),
  },
  {
    say: [
      "(go back to|use|load|restore|switch to|switch back to|roll back to|revert to|activate) [{the}] [{model}] version <version> [of [{the}] {model}] [(for|on|of) {machine}]",
      "(go back to|use|load|restore|switch to|switch back to|roll back to|revert to|activate) [{the}] {model} version <version> [(for|on|of) {machine}]",
      "train [{machine}] version <version>",
    ],
    means: (slots) => {
      const version = slots.version?.trim() ?? "";
      const subject = subjectOf(slots);
      return subject === null || !versionShape.test(version) ? null : { kind: "train", ...subject, version };
    },
  },
  {
    say: [
      "(go back to|use|load|restore|switch to|switch back to|roll back to|revert to) [{the}] {older} [version of the] {model} [(for|on|of) {machine}]",
      "(roll back|rollback|revert|undo) [{the}] {model} [(for|on|of) {machine}]",
      "(roll back|rollback|revert|undo) {machine} {model}",
      "roll [{the}] {model} back [(for|on|of) {machine}]",
      "(roll back|rollback|revert|undo) [{the}] [last|latest] (training|retraining|retrain) [(for|on|of) {machine}]",
    ],
    means: (slots) => {
      const subject = subjectOf(slots);
      return subject === null ? null : { kind: "train", ...subject, version: "previous" };
    },
  },
  {
    say: [
      "{train} [on|for] [{machine}]",
      "({train}|{rebuild}) [{the}|a new|a fresh|new] {model} [[again] (for|on|of) {machine}] [again|from scratch]",
      "({train}|{rebuild}) [{the}] {machine} {model} [again|from scratch]",
      "({train}|relearn|learn) {pronoun} [again]",
      "(learn|relearn) {machine} [again|anew]",
      "(learn|relearn) what is normal [again] [(for|on) {machine}]",
      "(learn again|train again|{train} everything|{train} all|start over with training)",
    ],
    means: (slots) => {
      const subject = subjectOf(slots);
      return subject === null || subject.id !== undefined ? null : { kind: "train", ...subject };
    },
  },
  {
    say: [
      "{undo} (<plan>|<incident>|{pronoun})",
      "{undo} [{the}] [last|latest|previous|most recent] (change|action|reboot|restart|remediation|plan|scaling|scale|resize|thing|step|fix|changes) [you did|you made|you ran|that was made] [(on|to|for|of) {machine}]",
      "{undo} what [you|we] [just] (did|changed|ran) [(on|to) {machine}]",
      "{undo} {machine}",
      "{undo}",
      "put {pronoun} back (the way it was|how it was|as it was)",
    ],
    means: (slots) => {
      const subject = subjectOf(slots);
      return subject === null ? null : { kind: "rollback", ...subject };
    },
  },
];
