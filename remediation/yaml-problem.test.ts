import { describe, expect, it } from "vitest";
import { parsePolicy } from "./policy.ts";
import { parseRules } from "./rules.ts";
import { DefinitionError } from "./yaml-file.ts";

/** Stands in where nothing was thrown: no problem list looks like it. */
function problemsOf(work: () => unknown): readonly string[] {
  try {
    work();
  } catch (error) {
    if (error instanceof DefinitionError) return error.problems;
    throw error;
  }
  return ["nothing was wrong"];
}

describe("what is wrong with a file", () => {
  const policyProblems = (text: string) => problemsOf(() => parsePolicy(text, "p.yaml"));
  const rulesProblems = (text: string) => problemsOf(() => parseRules(text, "r.yaml"));

  it.each([
    ["", "p.yaml:1:1 (file): the file is empty"],
    ["# nothing yet", "p.yaml:1:1 (file): the file is empty"],
    [
      'people: {mara: {role: admin, identites: ["console:local"]}}',
      'p.yaml:1:30 people.mara: "identites" is not known here; did you mean identities?',
    ],
    [
      'people: {mara: {role: boss, identities: ["console:local"]}}',
      "p.yaml:1:23 people.mara.role: write viewer, operator, approver or admin",
    ],
    [
      "people: {mara: {role: admin, identities: x}}",
      "p.yaml:1:42 people.mara.identities: write a list, as in [a, b]",
    ],
    ["limits: {tries: many}", "p.yaml:1:17 limits.tries: write a number"],
    ["limits: {tries: -1}", "p.yaml:1:17 limits.tries: it is too small; at least 0"],
    ["limits: {bananas: 2}", /^p\.yaml:1:10 limits: "bananas" is not known here; there is .*cooldown/],
    ["break_glass: often", "p.yaml:1:14 break_glass: write true or false"],
  ])("is told in words of the file: %s", (text, problem) => {
    const told = policyProblems(text);
    expect(told.join("\n")).toMatch(
      typeof problem === "string" ? new RegExp(`^${escaped(problem)}`, "m") : problem,
    );
    expect(told.join()).not.toMatch(/Invalid|Unrecognized|expected|received|undefined/);
  });

  it("is told for rules too, in lists and where something is missing", () => {
    expect(rulesProblems("rules: [{name: a, whn: {}, runbook: reboot}]").join("\n")).toMatch(
      /rules\.0\.when: it is missing; write names with values under it\n.*rules\.0: "whn" is not known here; did you mean when\?/,
    );
  });
});

function escaped(text: string): string {
  return text.replace(/[.*+?^${}()|[\]\\]/g, "\\$&");
}
