/** A supposition or a request for advice: a question for a person or a language model, whatever it names. */
export const suppositions: readonly RegExp[] = [
  /^(?!.*\b(?:rule|worried|concerned|worry|trust)\b)(?:so |and |but |ok |hey )?(?:what (?:happens|would happen|will happen|if|would|could go wrong)|should (?:i|we|you|somebody|someone|one)|would (?:it|you|a|an|that|this|plan-\d+|\w+ing)|do (?:you|u) (?:think|recommend|suggest|advise|reckon)|are you (?:going|about|sure)|is it (?:safe|ok|okay|wise|a good idea|dangerous|risky|worth|smart|fine|possible|allowed|time)|(?:can|could|may|shall|must) (?:i|we)|will (?:you|a (?:reboot|restart)|\w+ing)|(?:am|are) (?:i|we) (?:allowed|supposed|able)|does (?:a |an )?(?:rebooting|restarting|approving|cleaning|reboot|restart)|how (?:safe|risky|dangerous|bad) (?:is|would) (?:it|a|an|\w+ing)|what does (?:a |an |the )?(?:reboot|restart|silence|approval)\b|which (?:plan|one) should)\b/u,
];

/** What something is in general: for a language model, unless a target or an id is named. */
export const concepts =
  /^(?:so |and |but |hey )?(?:what (?:is|are) (?:an?|the (?:difference|meaning|definition|purpose|point|best|default|right|recommended)) |what does .{1,60} (?:mean|stand for)|what is meant by|difference between|define |explain (?:what|how|the (?:concept|difference|idea))|what are (?:the )?(?:pros|benefits|advantages)|how do (?!i |we |you |things |they |the |our |all |my )|how does (?:a|an|the|linux|\w+) )/u;

export const howTo =
  /^(?:so |and |but |ok |hey )?(?:how (?:do|can|would|should|could) (?:i|we|you|one|u|people|somebody|someone)|how to|what is the (?:command|way|syntax) (?:to|for)|where (?:do|can) (?:i|we)|show me how to|(?:the )?command (?:to|for))\s+(?:(?:to|actually|just|quickly|go about|even) )?([a-z-]+)/u;
