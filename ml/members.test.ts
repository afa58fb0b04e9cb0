import { expect, test } from "vitest";
import { memberNames, parseMembers } from "./members.ts";

test("members are named as on the command line", () => {
  expect(memberNames).toEqual(["isolation-forest", "nearest-neighbours"]);
  expect(parseMembers(["nearest-neighbours", "nearest-neighbours"])).toEqual(["nearest-neighbours"]);
});

test("a member that does not exist is refused with the existing ones", () => {
  expect(() => parseMembers(["local-outlier-factor", "isolation-forest"])).toThrow(
    'There is no member "local-outlier-factor": choose from isolation-forest, nearest-neighbours, separated by commas.',
  );
  expect(() => parseMembers(["constructor"])).toThrow(/There is no member "constructor"/);
  expect(() => parseMembers([])).toThrow(/No member was named/);
});
