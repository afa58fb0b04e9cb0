import { describe, expect, test } from "vitest";
import { resolveTarget } from "./resolve-target.ts";

const target = (
  name: string,
  instanceId: string | null,
  address: string,
  tags: Record<string, string> = {},
) => ({
  name,
  instanceId,
  addresses: [address],
  tags,
});
const targets = Object.freeze([
  target("web-1", "i-0aaa", "10.0.1.5", { role: "web", env: "prod" }),
  target("web-10", "i-0bbb", "10.0.1.6", { role: "web", env: "prod" }),
  target("db-1", "i-0ccc", "10.0.2.1:9100", { role: "db", env: "staging" }),
  target("Batch-7", null, "batch.internal", {}),
]);

describe("naming a target", () => {
  test.each([
    ["web-1", "web-1"],
    ["WEB-1", "web-1"],
    ["web 1", "web-1"],
    ["web1", "web-1"],
    ["i-0ccc", "db-1"],
    ["10.0.1.6", "web-10"],
    ["10.0.2.1", "db-1"],
    ["10.0.1.5:9100", "web-1"],
    ["batch-7", "Batch-7"],
    ["db", "db-1"],
    ["role=db", "db-1"],
  ])("%s", (text, name) => {
    expect(resolveTarget(text, targets)).toEqual({ kind: "one", name });
  });

  test("a group of several is asked back in the inventory's order", () => {
    expect(resolveTarget("web", targets)).toEqual({ kind: "several", names: ["web-1", "web-10"] });
    expect(resolveTarget("prod", targets)).toEqual({ kind: "several", names: ["web-1", "web-10"] });
  });

  test("a near miss is suggested and never taken", () => {
    const found = resolveTarget("wbe-1", targets);
    expect(found.kind).toBe("unknown");
    expect(found).toHaveProperty("suggestions.0", "web-1");
  });

  test.each(["", "   ", "---", "zzzzzzzz", "__proto__", "x".repeat(4000)])(
    "`%.20s` names nothing",
    (text) => {
      expect(resolveTarget(text, targets)).toMatchObject({ kind: "unknown" });
    },
  );

  test("nothing is suggested from an empty inventory", () => {
    expect(resolveTarget("web-1", [])).toEqual({ kind: "unknown", suggestions: [] });
  });
});
