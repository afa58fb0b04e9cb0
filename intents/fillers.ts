/** Politeness and noise round an order, as expressions over words that are joined by single spaces. */
const leading =
  /^(?:(?:please|hey|hi|hello|yo|ok|okay|kk|alright|right|so|well|um|uh|hmm|oh|and|then|also|now|just|kindly|quickly|quick|urgent|yes|yep|yeah|yup|sure|bot|opsbot|smartcloudops|team|folks|guys|dear|sorry|ah|aight|cool|great|good morning|good evening|(?:no|nope|nah)(?= (?:do not|never|deny|reject|decline|cancel|abort) )|go ahead and|go on and|feel free to|let us|we need to|we have to|i need to|i want to|i would like to|i want you to|i need you to|i would like you to|you can|need to|need you to|try to|try and|time to|be so kind and|do me a favor and|do me a favour and|do us a favor and|lets|no worries|fyi|asap|emergency|quick one|first)(?: |$))+/u;
const polite =
  /^(?:(?:can|could|would) you(?: (?:mind|please|kindly|just|quickly|maybe))*|(?:can|could) we please|any chance you (?:can|could)|is it possible for you to)(?: |$)/u;
const trailing =
  /(?:(?: |^)(?:please|now|right now|asap|immediately|thanks|thank you|thx|ty|cheers|for me|for us|right away|straight away|quickly|real quick|urgently|mate|man|dude|bro|buddy|folks|team|ok|okay|k|then|bot|kindly|already|yeah|stat|at once|ta|would you|will you|a lot|so much|if you can|if possible|if you would|when you can|when you get a chance|again))+$/u;

export type Stripped = {
  words: string;
  /** It was wrapped in "can you" or the like: a request, although it has the form of a question. */
  polite: boolean;
};

/** The words of a clause without the politeness round them. */
export function stripFillers(words: string): Stripped {
  let rest = words.replace(leading, "");
  const asked = polite.test(rest);
  if (asked) rest = rest.replace(polite, "").replace(leading, "");
  const core = rest.replace(trailing, "");
  // "now", "again" and the like may be all there is to an order's end, but never all of the order.
  return { words: core.trim(), polite: asked };
}

/** The words without what stands before a question; its end ("is web-1 ok", "again") belongs to it. */
export function stripLeading(words: string): string {
  return words.replace(leading, "").replace(polite, "");
}

const showMe =
  /^(?:(?:can|could|may) (?:i|we|you) (?:please )?(?:see|get|have|view|show me|show us|give me|give us|pull up|bring up|tell me|let me know|check)|let me (?:see|have|get)|let us see|i (?:want|need|would like|wanna) (?:to )?(?:see|get|know|have|view|check)|give (?:me|us)|get (?:me|us)|show (?:me|us)|pull up|bring up|display|tell (?:me|us)|do you know|any idea|i wonder|i am wondering|wondering|what about|how about)(?: (?=.)|$)/u;

/** The words of a question without its "can I see" or "tell me"; what remains begins with what is asked for. */
export function stripShowMe(words: string): string {
  const rest = words.replace(showMe, "");
  return rest === "" ? words : rest;
}
