import { type CardDraft, draft } from "../card.ts";

/** A refusal: what cannot be, and what would work. */
export function refusalCard(title: string, text: string, about: Partial<CardDraft> = {}): CardDraft {
  return draft({ title, text, tone: "refused", ...about });
}

/** For a kind whose engine is not built yet: said as it is. */
export function notBuiltCard(sentence: string): CardDraft {
  return draft({
    title: "Not built yet",
    text: `${sentence} Say "help" for what works today.`,
    tone: "info",
  });
}

/** For who says more than the speaking limit allows; `seconds` until the next word is heard. */
export function slowDownCard(seconds: number): CardDraft {
  return refusalCard("One moment", `That was a lot at once. Try again in ${seconds} s.`);
}

/** The last resort of `respond`: says what failed and where to look, nothing is lost. */
export function failedCard(title: string, text: string): CardDraft {
  return draft({ title, text, tone: "warning" });
}
