import type { Intent } from "../intent.ts";
import type { Slots } from "../phrase-pattern.ts";
import { idFrom } from "../ids.ts";
import { mayNameTarget } from "../target-words.ts";

/** A way to order something: templates of whole clauses, and what they mean. Null: the slots do not fit after all. */
export type Order = {
  say: readonly string[];
  means: (slots: Slots, words: string) => Intent | null;
};

/**
 * What an order is about: an id or a target, from the slots `target`, `incident` and `plan`. Empty: nothing was named
 * ("reboot it"). Null: the word in the slot names nothing that can be meant.
 */
export function subjectOf(slots: Slots): { target?: string; id?: string } | null {
  const incident = slots.incident?.trim();
  if (incident !== undefined) return { id: idFrom(incident, "inc") ?? incident };
  const plan = slots.plan?.trim();
  if (plan !== undefined) return { id: idFrom(plan, "plan") ?? plan };
  const word = slots.target?.trim();
  if (word === undefined) return {};
  const id = idFrom(word, "inc");
  if (id !== undefined) return id.startsWith("inc-") ? { id } : null;
  return mayNameTarget(word) ? { target: word } : null;
}
