import type { AddressInfo } from "node:net";
import { afterEach, beforeEach, expect, test } from "vitest";
import {
  hasAlertmanager,
  type TestAlertmanager,
  testAlertmanager,
} from "../../fixtures/fakes/alertmanager-server.ts";
import { fakeBot } from "../../fixtures/fakes/http-bot.ts";
import { type WatchWorld, watchWorld } from "../../fixtures/fakes/watch-world.ts";
import { demoPolicy } from "../../remediation/policy.ts";
import { createHttpServer } from "../http/server.ts";
import { authenticate } from "../setup/principals.ts";
import { createAlertIntake } from "./intake.ts";

const installed = hasAlertmanager();
const bearer = "a-bearer-of-some-length";

let watched: WatchWorld;
let app: Awaited<ReturnType<typeof createHttpServer>>;
let alertmanager: TestAlertmanager;
let answers: { status: number; seconds: number }[];

beforeEach(async () => {
  if (!installed) return;
  watched = await watchWorld();
  watched.world.now = Date.now();
  const { bot, world } = watched;
  const log = { info: () => undefined, warn: () => undefined };
  const tell = watched.watch().tellOutside;
  const intake = createAlertIntake({ bot, deliveries: world.deliveries, mayPropose: true, tell, log });
  answers = [];
  app = await createHttpServer({
    ...fakeBot(new URL("file:///nothing/is/built/here/")).deps,
    authenticate: (caller) =>
      authenticate(
        caller,
        { host: "127.0.0.1", publicUrl: null, alertsToken: bearer, changesToken: null },
        demoPolicy(),
      ),
    alerts: async (body) => {
      const taken = await intake.accept(body);
      await intake.work();
      return taken;
    },
  });
  app.addHook("onResponse", async (_request, reply) => {
    answers.push({ status: reply.statusCode, seconds: reply.elapsedTime / 1_000 });
  });
  await app.listen({ host: "127.0.0.1", port: 0 });
  const { port } = app.server.address() as AddressInfo;
  alertmanager = await testAlertmanager({ url: `http://127.0.0.1:${port}/alerts`, bearer });
});

afterEach(async () => {
  if (!installed) return;
  await alertmanager.stop();
  await app.close();
  await watched.close();
});

const minute = (offset: number) => new Date(Date.now() + offset * 60_000).toISOString();
const alertOn = (target: string, alertname = "HighLoad") => ({
  labels: { alertname, target, severity: "critical" },
  annotations: { summary: "Load is high" },
  startsAt: minute(-2),
  endsAt: minute(10),
});
const until = { timeout: 15_000, interval: 100 };

test.runIf(installed)(
  "a real Alertmanager opens an incident, repeats change nothing, and its end resolves it",
  async () => {
    await alertmanager.post([alertOn("web-1")]);
    await expect
      .poll(() => watched.open(), until)
      .toMatchObject([{ target: "web-1", severity: "critical", title: "web-1: Load is high" }]);
    await alertmanager.post([alertOn("web-1"), alertOn("web-2")]);
    await expect.poll(() => watched.open(), until).toHaveLength(2);
    await alertmanager.post([{ ...alertOn("web-1"), endsAt: minute(-1) }]);
    await expect.poll(() => watched.open(), until).toMatchObject([{ target: "web-2" }]);
    expect(answers.every(({ status }) => status === 200)).toBe(true);
  },
  60_000,
);

test.runIf(installed)(
  "a group that was cut is told, and nothing is proposed from it",
  async () => {
    await alertmanager.post(
      Array.from({ length: 130 }, (_, n) => ({
        ...alertOn(`host-${n}`),
        labels: { alertname: "Storm", target: `host-${n}`, metric: "memory" },
      })),
    );
    // Under load Alertmanager cuts one group twice, and the second time it may leave others out.
    await expect.poll(async () => (await watched.open()).length, until).toBeGreaterThanOrEqual(100);
    expect((await watched.open()).length).toBeLessThan(130);
    // Told once more when the second message brings others: the same card is edited.
    // A first message that came with one alert only is told by itself.
    expect([...new Set(watched.announced)].filter((told) => told !== "inc-1")).toEqual(["fleet-1"]);
  },
  60_000,
);
