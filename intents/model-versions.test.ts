import { expect, test } from "vitest";
import { understand } from "./understand.ts";

test.each([
  ["train web-1 version 3", { kind: "train", target: "web-1", version: "3" }],
  ["train web-1 version previous", { kind: "train", target: "web-1", version: "previous" }],
  ["go back to the previous model of web-1", { kind: "train", target: "web-1", version: "previous" }],
  ["go back to model version 3 for web-1", { kind: "train", target: "web-1", version: "3" }],
  ["roll back the model", { kind: "train", version: "previous" }],
  ["roll back web-1's model", { kind: "train", target: "web-1", version: "previous" }],
  ["roll the model back on web-1", { kind: "train", target: "web-1", version: "previous" }],
  ["undo the last training", { kind: "train", version: "previous" }],
  ["roll back web-1", { kind: "rollback", target: "web-1" }],
  ["undo the last change", { kind: "rollback" }],
])('"%s" is about a model only where it says so', (text, intent) => {
  expect(understand(text).intent).toEqual(intent);
});

test.each(["should I roll back the model?", "don't roll back the model", "who rolled back the model"])(
  '"%s" changes no model',
  (text) => {
    expect(understand(text).intent.kind).not.toBe("train");
  },
);
