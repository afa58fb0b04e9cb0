import { expect, test } from "vitest";
import { commands } from "../../intents/commands.ts";
import { exampleHere, type Here } from "./examples-here.ts";

const here: Here = {
  targets: ["shop-a", "shop-b"],
  service: "checkout",
  incident: "inc-7",
  plan: "plan-4",
  rules: ["disk-fill"],
};
const examples = Object.values(commands).flatMap((command) => command.examples);

test("examples name what there is here", () => {
  expect(exampleHere("restart nginx on web-1", here)).toBe("restart checkout on shop-a");
  expect(exampleHere("plot memory on web-2", here)).toBe("plot memory on shop-b");
  expect(exampleHere("root cause of inc-19", here)).toBe("root cause of inc-7");
  expect(exampleHere("autonomy promote memory-leak", here)).toBe("autonomy promote disk-fill");
});

test("where there is nothing yet, they say what kind of thing stands there", () => {
  const empty = { targets: [], service: null, incident: null, plan: null, rules: [] };
  expect(exampleHere("is web-1 healthy?", empty)).toBe("is TARGET healthy?");
  expect(exampleHere("LGTM, run plan-22", empty)).toBe("LGTM, run plan-N");
});

test("no example of the help names anything else that may not exist", () => {
  const told = examples.map((example) => exampleHere(example, here)).join("\n");
  expect(told).not.toMatch(/web-|nginx|Jon|Mara|memory-leak|disk-clean/);
  expect(told.match(/\b(?:inc|plan)-\d+/g)?.filter((id) => !["inc-7", "plan-4"].includes(id))).toEqual([]);
});
