import { expect, test } from "vitest";
import { decodeModel, encodeModel, MODEL_VERSION } from "./model-codec.ts";
import { ModelError } from "./model-error.ts";
import { createRandom } from "./random.ts";
import { scoreFrame } from "./score.ts";
import { trainModel } from "./train.ts";

const random = createRandom(1);
const frame = {
  stepSeconds: 60,
  time: Float64Array.from({ length: 300 }, (_, row) => 60 * row),
  metrics: ["cpu", "never seen"],
  columns: [Float64Array.from({ length: 300 }, () => random()), new Float64Array(300).fill(Number.NaN)],
};
const model = trainModel(frame, { alarmBudget: 0.25, seed: 7, smallestChange: {}, demo: true });
const bytes = encodeModel(model);

test("a decoded model is the encoded one and scores the same", () => {
  const decoded = decodeModel(bytes);
  expect(decoded).toEqual(model);
  expect(scoreFrame(decoded, frame)).toEqual(scoreFrame(model, frame));
});

test("bytes may lie anywhere inside a larger buffer", () => {
  const larger = new Uint8Array(bytes.length + 13);
  larger.set(bytes, 13);
  expect(decodeModel(larger.subarray(13))).toEqual(model);
});

test("the references that member and explanation share are stored once and shared again", () => {
  const { calm, members } = decodeModel(bytes).fitted;
  expect(members["nearest-neighbours"]!.references.values).toBe(calm.references.values);
});

test("a cut, changed or foreign file is refused with what to do", () => {
  const complaint = (broken: Uint8Array) => {
    try {
      decodeModel(broken);
    } catch (error) {
      return error instanceof ModelError ? error.message : "another error";
    }
    return "no error";
  };
  const changed = (at: number) => bytes.map((byte, i) => (i === at ? byte ^ 1 : byte));
  expect(complaint(bytes.subarray(0, bytes.length - 1))).toMatch(
    /checksum.*cut short or changed.*Train it again/,
  );
  for (const at of [8, 40, 60, bytes.length - 1]) expect(complaint(changed(at))).toMatch(/checksum/);
  expect(complaint(changed(7))).toMatch(
    new RegExp(`version ${MODEL_VERSION ^ 1}, and this program reads version ${MODEL_VERSION}`),
  );
  expect(complaint(new Uint8Array(10))).toMatch(/not a model/);
  expect(complaint(new TextEncoder().encode('{"version":1}'.padEnd(100)))).toMatch(/not a model/);
});
