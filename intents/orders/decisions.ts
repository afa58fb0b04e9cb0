import type { Intent } from "../intent.ts";
import type { Slots } from "../phrase-pattern.ts";
import { subjectOf } from "./order.ts";
import type { Order } from "./order.ts";

function decision(kind: "approve" | "deny" | "cancel") {
  return (slots: Slots): Intent | null => {
    const id = subjectOf(slots)?.id;
    if (id?.startsWith("inc-")) return null;
    return id === undefined ? { kind } : { kind, id };
  };
}

const refusal =
  "do not|never|i do not|we do not|not|i will not|we will not|will not|not going to|i am not going to|do not you dare|do not ever";

/** Orders that decide about a plan. Without an id they decide nothing, except in that plan's thread. */
export const decisionOrders: readonly Order[] = [
  {
    say: [
      `(${refusal}) {withhold} (<plan>|{pronoun}|{planish})`,
      `(${refusal}) [{withhold}] let (<plan>|{pronoun}|{planish}) (run|happen|go|go through|through|go ahead|execute|proceed)`,
      "(not approving|not running|not signing off on|not ok with|not okay with|not happy with) (<plan>|{pronoun}|{planish})",
      "i do not want (<plan>|{pronoun}|{planish}) [to run|to happen|executed|run]",
      "(do not approve|not approved|do not run|do not proceed|do not go ahead)",
      "{refuse} (<plan>|{planish})",
      "(deny|denied|i deny|reject|rejected|i reject|decline|declined|refuse|veto|disapprove|-1|nack|thumbs down) [{pronoun}]",
      "<plan> (denied|is denied|rejected|is rejected|no|no go|is a no|is a no go|is a no-go|not approved|is not approved|-1|deny|reject|declined|is declined|refused|nope|thumbs down) [from me]",
      "mark <plan> [as] (denied|rejected|declined)",
      "(no|nope|nah) to (<plan>|{planish})",
    ],
    means: decision("deny"),
  },
  {
    say: [
      "[nvm|never mind] {withdraw} <plan>",
      "(stop|cancel|abort|withdraw|scrap|retract|call off|halt|revoke|object to|i object to|cancelling) (the|this|that) (plan|proposal|remediation|run|execution|approval|request)",
      "(cancel|abort|withdraw|scrap|call off|retract|stop|object to|i object to) {pronoun}",
      "call {pronoun} off",
      "call <plan> off",
      "(cancel|abort|i object|object|objection)",
      "<plan> (cancelled|canceled|aborted|cancel|abort)",
      "(pull the plug on|take back) <plan>",
    ],
    means: decision("cancel"),
  },
  {
    say: [
      "{approve} <plan>",
      "(lgtm|approved|approve|looks good|looks good to me) (go ahead with|run|execute|ship) <plan>",
      "<plan> (approved|lgtm|+1|go|go ahead|is ok to run|is okay to run|is good to go|good to go|looks good to me|is fine by me|has my approval|has my blessing|ship it|run it|approve|approve it|is a go|is a yes|yes)",
      "give <plan> (the|a) (go ahead|go-ahead|green light|thumbs up|ok|nod)",
      "(i give|you have) my approval for <plan>",
      "(let|get) <plan> (run|go|go ahead|proceed|through|going)",
      "mark <plan> [as] approved",
      "(approve|approved|i approve|authorize|authorise|green light|sign off on|execute|run|go ahead with|proceed with|accept|ship|lgtm) (the|this|that) (plan|proposal|fix|remedy|remediation|change|restart|reboot|request|one)",
      "(approve|run|execute|ship|do|authorize|green light) (it|this|that)",
      "(approve|approved|i approve|lgtm|go ahead|proceed|make it so|green light|go for it|let it run|+1|you may proceed|you have my approval|permission granted|looks good to me|let us do it|approving|thumbs up)",
    ],
    means: decision("approve"),
  },
];
