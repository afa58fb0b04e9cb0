import { beforeAll, expect, it } from "vitest";
import { learn, readRecording } from "../fixtures/fakes/live-world.ts";
import { ModelError } from "../ml/model-error.ts";
import { encodeModel } from "../ml/model-codec.ts";
import { createModelShelf } from "./model-shelf.ts";

let one: Uint8Array;
let two: Uint8Array;

beforeAll(async () => {
  const { train } = await readRecording();
  one = encodeModel(learn(train, 1));
  two = encodeModel(learn(train, 2));
});

it("decodes the same bytes once, whoever uses them", () => {
  const shelf = createModelShelf({ mostBytes: 1e9 });
  const first = shelf.put("one", one);
  expect(shelf.put("one", one)).toBe(first);
  expect(shelf.find("one")).toBe(first);
  expect(shelf.bytes()).toBe(one.byteLength);
});

it("gives up what was not used for longest, and never what somebody holds", () => {
  const shelf = createModelShelf({ mostBytes: 2 * Math.max(one.byteLength, two.byteLength) });
  const held = shelf.put("one", one);
  if (held === null) throw new Error("there is room for it");
  shelf.hold(held);
  shelf.put("two", two);
  expect(shelf.put("three", one)).not.toBeNull();
  expect([shelf.find("one"), shelf.find("two")]).toEqual([held, undefined]);
  expect(shelf.put("four", new Uint8Array(2 * two.byteLength))).toBeNull();
  shelf.release(held);
  const third = shelf.put("three", one);
  shelf.put("two", two);
  expect([shelf.find("one"), shelf.find("three")]).toEqual([undefined, third]);
});

it("refuses bytes that are no model, and keeps nothing of them", () => {
  const shelf = createModelShelf({ mostBytes: 1e9 });
  expect(() => shelf.put("cut", one.subarray(0, one.length - 8))).toThrow(ModelError);
  expect({ found: shelf.find("cut"), bytes: shelf.bytes() }).toEqual({ found: undefined, bytes: 0 });
});
