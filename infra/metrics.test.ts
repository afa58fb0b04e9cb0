import { expect, test } from "vitest";
import { createMetrics } from "./metrics.ts";

test("the bot's own metrics carry its prefix and are told as Prometheus reads them", async () => {
  const metrics = createMetrics();
  metrics.messages.inc({ surface: "console", kind: "status", source: "command" });
  metrics.answerSeconds.observe({ kind: "status" }, 0.2);
  const text = await metrics.registry.metrics();
  expect(text).toContain('smartcloudops_messages_total{surface="console",kind="status",source="command"} 1');
  expect(text).toContain('smartcloudops_answer_seconds_bucket{le="0.25",kind="status"} 1');
  expect(text).toContain("process_resident_memory_bytes");
});

test("two bots in one process do not share their numbers", async () => {
  const [first, second] = [createMetrics(), createMetrics()];
  first.plans.inc({ status: "done" });
  expect(await second.registry.getSingleMetricAsString("smartcloudops_plans")).not.toContain("done");
});
