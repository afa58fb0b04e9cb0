import { expect, test } from "vitest";
import { fitMember, memberNames, parseMembers } from "./members.ts";

test("members are named as on the command line", () => {
  expect(memberNames).toEqual([
    "isolation-forest",
    "local-outlier-factor",
    "one-class-svm",
    "nearest-neighbours",
    "principal-components",
  ]);
  expect(parseMembers(["nearest-neighbours", "nearest-neighbours"])).toEqual(["nearest-neighbours"]);
});

test("a member that does not exist is refused with the existing ones", () => {
  expect(() => parseMembers(["magic", "isolation-forest"])).toThrow(
    'There is no member "magic": choose from isolation-forest, local-outlier-factor, one-class-svm, nearest-neighbours, principal-components, separated by commas.',
  );
  expect(() => parseMembers(["constructor"])).toThrow(/There is no member "constructor"/);
  expect(() => parseMembers([])).toThrow(/No member was named/);
});

test("nothing can be learned from no rows", () => {
  for (const name of memberNames)
    expect(() => fitMember(name, { rows: 0, columns: 3, values: new Float32Array() }, 1)).toThrow(
      /nothing to learn from: 0 rows of 3 columns/,
    );
});
