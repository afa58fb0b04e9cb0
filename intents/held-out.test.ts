import { readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { acts } from "./commands.ts";
import type { IntentKind } from "./intent.ts";
import { phrases } from "./phrases.ts";
import { understand } from "./understand.ts";

/**
 * Phrases in the style of people on call, written by hand after the grammar and not used for training. Measured the
 * first time they were read: 94.4 % right, slots right in 150 of 156, no false action. General faults seen there
 * were mended afterwards (98.5 % now), so the floor lies below the first measurement.
 */
type HeldOut = { text: string; intent: IntentKind; slots?: Record<string, unknown> };
const heldOut = readFileSync(new URL("../fixtures/phrases/held-out.jsonl", import.meta.url), "utf8")
  .split("\n")
  .filter(Boolean)
  .map((line) => JSON.parse(line) as HeldOut);
const floor = 0.94;
const slotFloor = 0.95;

/** Ways to speak of an action without ordering it. */
const notOrders: readonly ((order: string) => string)[] = [
  (order) => `should I ${order}?`,
  (order) => `what happens if I ${order}?`,
  (order) => `what if we ${order}`,
  (order) => `did you ${order}`,
  (order) => `did anyone ${order}?`,
  (order) => `how do I ${order}`,
  (order) => `is it ok to ${order}`,
  (order) => `has anyone tried to ${order}`,
  (order) => `why would you ${order}`,
  (order) => `"${order}"`,
  (order) => `mara said "${order}"`,
  (order) => `mara said: ${order}`,
  (order) => `jon: ${order}`,
  (order) => `> ${order}`,
  (order) => `~~${order}~~`,
  (order) => `the runbook says '${order}'`,
  (order) => `if it fails, ${order}`,
  (order) => `not yet: ${order}`,
  (order) => `tomorrow ${order}`,
  (order) => `maybe ${order}`,
  (order) => `I would ${order}`,
  (order) => `someone should ${order}`,
  (order) => `ask mara to ${order}`,
  (order) => `I don't think we should ${order}`,
  (order) => `no need to ${order}`,
  (order) => `e.g. ${order}`,
];
const forbidden: readonly ((order: string) => string)[] = [
  (order) => `don't ${order}`,
  (order) => `do not ${order}`,
  (order) => `never ${order}`,
  (order) => `let's not ${order}`,
  (order) => `please don't ${order} thanks`,
];
const ordered = heldOut.filter((phrase) => acts(phrase.intent));
const actsOn = (text: string) => acts(understand(text).intent.kind);

describe("phrases it was not built from", () => {
  test("there are enough of them, of every kind, and none is in the training list", () => {
    const trained = new Set(phrases.map((phrase) => phrase.text));
    expect(heldOut.length).toBeGreaterThanOrEqual(150);
    expect(
      heldOut.filter((phrase) => trained.has(phrase.text.toLowerCase())).map((phrase) => phrase.text),
    ).toEqual([]);
    expect(new Set(heldOut.map((phrase) => phrase.intent)).size).toBe(32);
  });

  test("nearly all are understood", () => {
    const right = heldOut.filter((phrase) => understand(phrase.text).intent.kind === phrase.intent);
    expect(right.length / heldOut.length).toBeGreaterThanOrEqual(floor);
  });

  test("nearly all slots are right", () => {
    const slotted = heldOut.filter((phrase) => phrase.slots !== undefined);
    const right = slotted.filter((phrase) => {
      const { intent } = understand(phrase.text);
      return expect.objectContaining(deep(phrase.slots ?? {})).asymmetricMatch(intent);
    });
    expect(right.length / slotted.length).toBeGreaterThanOrEqual(slotFloor);
  });

  test("none becomes an action that was not meant", () => {
    const wrong = heldOut.filter((phrase) => {
      const { kind } = understand(phrase.text).intent;
      return acts(kind) && kind !== phrase.intent;
    });
    expect(wrong.map((phrase) => phrase.text)).toEqual([]);
  });

  test.each(notOrders.map((wrap) => [wrap("..."), wrap] as const))(
    "an order inside `%s` is no order",
    (_name, wrap) => {
      expect(ordered.map((phrase) => wrap(phrase.text)).filter(actsOn)).toEqual([]);
    },
  );

  test.each(forbidden.map((wrap) => [wrap("..."), wrap] as const))("`%s` at most denies", (_name, wrap) => {
    const understood = ordered.map((phrase) => understand(wrap(phrase.text)).intent.kind);
    expect(understood.filter((kind) => acts(kind) && kind !== "deny")).toEqual([]);
  });
});

function deep(slots: Record<string, unknown>): Record<string, unknown> {
  return Object.fromEntries(
    Object.entries(slots).map(([name, value]) => [
      name,
      typeof value === "object" ? expect.objectContaining(value as object) : value,
    ]),
  );
}
