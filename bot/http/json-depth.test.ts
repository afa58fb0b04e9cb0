import { expect, test } from "vitest";
import { isDeeperThan } from "./json-depth.ts";

test.each([
  ["[[[]]]", 3, false],
  ["[[[]]]", 2, true],
  ['[{"a":[]}]', 3, false],
  ['[{"a":[]}]', 2, true],
  ["[[],[],[],[]]", 2, false],
  ['{"a":"[[[[","b":"\\"[[[[","c":"\\\\"}', 1, false],
  ['{"a":"\\\\","b":[[]]}', 2, true],
  ["", 0, false],
])("%s is deeper than %i: %s", (text, most, deeper) => {
  expect(isDeeperThan(text, most)).toBe(deeper);
});
