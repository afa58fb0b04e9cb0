/** Reasons as the audit keeps them, where the word itself would be jargon. */
const words: Readonly<Record<string, string>> = {
  own_plan: "it was their own plan",
  decided: "it was decided already",
  already_approved: "they had approved it already",
  expired: "it had expired",
  stale: "it was out of date",
  changed: "something had changed since",
  changed_since: "something had changed since",
  tampered: "its row in the store had been changed",
  paused: "automation was paused",
  not_paused: "automation was on",
  params: "a parameter was missing or did not fit",
  too_many: "too many messages at once",
  too_many_proposals: "too many proposals at once",
  unknown_plan: "there is no such plan",
  unknown_incident: "there is no such incident",
  unknown_target: "there is no such target",
  target_busy: "another plan held the target",
  plan_open: "another plan held the target",
  plan_waiting: "another plan was waiting",
  service_busy: "its service was being worked on",
  cooldown: "it was too soon after the last one",
  quarantine: "the target was in quarantine",
  breaker: "the action's breaker was open",
  disruption_budget: "the limit of disruptions was reached",
  ceiling: "too many targets at once",
  protected: "the target is protected",
  no_policy: "there was no policy",
  no_approver: "nobody could have approved it",
  not_earned: "its verified cures were not enough",
};

/** Why something was refused: "own_plan" // => "it was their own plan"; an unknown reason by its own words. */
export function refusalWords(reason: string): string {
  return Object.hasOwn(words, reason) ? (words[reason] ?? reason) : reason.replaceAll("_", " ");
}
