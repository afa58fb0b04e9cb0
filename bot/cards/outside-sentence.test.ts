import { expect, test } from "vitest";
import { sceneAt } from "../../fixtures/fakes/scene.ts";
import { createCatalog } from "../../infra/prometheus/catalog.ts";
import { outsideSentence } from "./outside-sentence.ts";

const now = Date.UTC(2026, 10, 21, 3, 14);
const scene = sceneAt(now, { dryRun: false, catalog: createCatalog() });
const silence = (
  state: "pending" | "active" | "ending" | "ended" | "refused",
  problem: string | null = null,
) => ({
  state,
  problem,
  ends_at: now + 3_600_000,
});
const said = (
  silences: ReturnType<typeof silence>[],
  status: "open" | "silenced" = "silenced",
  nameless = 0,
) => outsideSentence({ nameless, silences }, { id: "inc-3", status }, scene);

test("nothing is said while nothing is known or silenced", () => {
  expect(said([])).toBe("");
  expect(said([silence("pending")])).toBe("");
  expect(said([silence("ended"), silence("refused", "x")], "open")).toBe("");
});

test.each([
  [
    "a silence that holds",
    said([silence("active")]),
    /silent about it too, also about its end: say "resolve inc-3"/,
  ],
  [
    "one that cannot be made yet",
    said([silence("active"), silence("pending", "it cannot be reached (ECONNREFUSED)")]),
    /^It is silenced here; Alertmanager could not be told yet \(it cannot be reached \(ECONNREFUSED\)\), I keep trying\.$/,
  ],
  [
    "one that is refused",
    said([silence("refused", "it answered HTTP 400")]),
    /silenced here only: .*HTTP 400.*by hand, or say "silence inc-3"/,
  ],
  ["alerts without labels", said([], "silenced", 2), /2 alerts came without labels/],
  [
    "one that cannot be taken away",
    said([silence("ending", "it did not answer within 5 s")], "open"),
    /^Alertmanager still silences it until 04:14 UTC \(it did not answer within 5 s\); I keep trying to end that\.$/,
  ],
])("%s is told plainly", (_, text, words) => expect(text).toMatch(words));
