import { afterEach, expect, test } from "vitest";
import { type Service, healthy, startService } from "./service.ts";
import { requestsPerSecond } from "./load.ts";

let service: Service | null = null;
afterEach(async () => {
  await service?.stop();
  service = null;
});

/** Always the same number: .5 fails nothing when healthy and everything with a fraction above it. */
async function started(random = () => 0.5): Promise<string> {
  service = await startService({ port: 0, random });
  return `http://127.0.0.1:${service.port}`;
}

test("a healthy service answers and counts in the names that the catalog asks for", async () => {
  const url = await started();
  expect((await fetch(`${url}/items`)).status).toBe(200);
  expect((await fetch(`${url}/nowhere?x=1`)).status).toBe(404);
  const text = await (await fetch(`${url}/metrics`)).text();
  expect(text).toContain('http_request_duration_seconds_count{route="/items",status="200"} 1');
  expect(text).toContain('http_request_duration_seconds_count{route="other",status="404"} 1');
  expect(text).toContain("http_requests_in_flight 0");
  expect(text).toContain("process_resident_memory_bytes");
});

test("each misbehaviour shows where a detector would look, and ends", async () => {
  const url = await started();
  service?.misbehave({ ...healthy, errorFraction: 0.6 });
  expect((await fetch(url)).status).toBe(500);
  service?.misbehave({ ...healthy, delaySeconds: [0.2, 0.2] });
  const startedAt = performance.now();
  expect((await fetch(url)).status).toBe(200);
  expect(performance.now() - startedAt).toBeGreaterThan(200);
  service?.misbehave({ ...healthy, leakBytesPerSecond: 1e9, leakLimitBytes: 3_000_000 });
  await expect
    .poll(async () => (await fetch(`${url}/metrics`)).text(), { timeout: 5000 })
    .toMatch(/drill_leaked_bytes_total 3000000/);
  service?.misbehave(healthy);
  expect((await fetch(url)).status).toBe(200);
});

test("nobody can break the service over the network", async () => {
  const url = await started();
  for (const path of ["/misbehave", "/leak", "/items?errorFraction=1"]) {
    await fetch(`${url}${path}`, {
      method: "POST",
      body: JSON.stringify({ misbehave: { errorFraction: 1 } }),
    });
  }
  expect((await fetch(url)).status).toBe(200);
});

test("a port that is taken is told", async () => {
  await started();
  await expect(startService({ port: service?.port ?? 0, random: () => 0.5 })).rejects.toThrow(/EADDRINUSE/);
});

test("visitors swing between 9 and 75 a second around 42", () => {
  const rates = Array.from({ length: 1200 }, (_, second) => requestsPerSecond(second));
  expect(Math.min(...rates)).toBeGreaterThanOrEqual(9);
  expect(Math.max(...rates)).toBeLessThanOrEqual(75);
  // Both sines run whole periods in 1200 s, so that only the middle is left.
  expect(rates.reduce((sum, rate) => sum + rate, 0) / rates.length).toBeCloseTo(42, 6);
});
