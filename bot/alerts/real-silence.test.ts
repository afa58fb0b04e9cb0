import type { AddressInfo } from "node:net";
import { afterEach, beforeEach, expect, test } from "vitest";
import {
  hasAlertmanager,
  type TestAlertmanager,
  testAlertmanager,
} from "../../fixtures/fakes/alertmanager-server.ts";
import { personIn } from "../../fixtures/fakes/core.ts";
import { fakeBot } from "../../fixtures/fakes/http-bot.ts";
import { type WatchWorld, watchWorld } from "../../fixtures/fakes/watch-world.ts";
import { createAlertmanager } from "../../infra/alertmanager.ts";
import { understand } from "../../intents/understand.ts";
import { keepSilences } from "../../remediation/silences.ts";
import { drawView } from "../draw-view.ts";
import { demoPolicy } from "../../remediation/policy.ts";
import { createHttpServer } from "../http/server.ts";
import { respond } from "../respond.ts";
import { authenticate } from "../setup/principals.ts";
import { createAlertIntake } from "./intake.ts";

const installed = hasAlertmanager();
const bearer = "a-bearer-of-some-length";
const until = { timeout: 15_000, interval: 100 };

let watched: WatchWorld;
let app: Awaited<ReturnType<typeof createHttpServer>>;
let alertmanager: TestAlertmanager;

beforeEach(async () => {
  if (!installed) return;
  watched = await watchWorld();
  watched.world.now = Date.now();
  Object.assign(watched.bot, { silencesOutside: true });
  const log = { info: () => undefined, warn: () => undefined };
  const intake = createAlertIntake({
    bot: watched.bot,
    deliveries: watched.world.deliveries,
    mayPropose: false,
    tell: async () => undefined,
    log,
  });
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

/** What somebody types, understood and answered as in a chat. */
async function say(text: string) {
  const { intent } = understand(text);
  const person = personIn(watched.world.ctx.policy, "olga");
  return respond(intent, { person, surface: "slack" }, watched.bot);
}
const card = async () => (await drawView({ kind: "incident", id: "inc-1" }, watched.bot))?.text;
const silences = async () =>
  (await (await fetch(`${alertmanager.url}/api/v2/silences`)).json()) as {
    status: { state: string };
    createdBy: string;
    comment: string;
    matchers: { name: string; value: string }[];
  }[];
const stateOfAlerts = async () =>
  (
    (await (await fetch(`${alertmanager.url}/api/v2/alerts`)).json()) as {
      labels: { alertname: string };
      status: { state: string };
    }[]
  ).map(({ labels, status }) => `${labels.alertname} ${status.state}`);

const minute = (offset: number) => new Date(Date.now() + offset * 60_000).toISOString();
const alertCalled = (alertname: string) => ({
  labels: { alertname, target: "web-1", severity: "critical", job: "node" },
  annotations: { summary: `${alertname} is on` },
  startsAt: minute(-2),
  endsAt: minute(10),
});

test.runIf(installed)(
  "a silence in chat is one in a real Alertmanager, of this alert alone, and ending it there expires it",
  async () => {
    await alertmanager.post([alertCalled("HighLoad")]);
    await expect.poll(async () => (await watched.open()).length, until).toBe(1);
    await alertmanager.post([{ ...alertCalled("Other"), labels: { alertname: "Other" } }]);
    await expect.poll(async () => (await watched.open()).length, until).toBe(2);
    const silencer = createAlertmanager({ url: alertmanager.url, wall: Date.now });
    const keep = () => keepSilences(silencer, watched.world.ctx);

    watched.world.now = Date.now();
    await say("silence web-1 2h");
    await keep();
    expect(await silences()).toMatchObject([
      {
        status: { state: "active" },
        createdBy: "Olga",
        comment: expect.stringContaining("inc-1, silenced by Olga") as string,
        matchers: [
          { name: "alertname", value: "HighLoad" },
          { name: "job", value: "node" },
          { name: "severity", value: "critical" },
          { name: "target", value: "web-1" },
        ],
      },
    ]);
    await expect
      .poll(async () => (await stateOfAlerts()).sort(), until)
      .toEqual(["HighLoad suppressed", "Other active"]);
    expect(await card()).toContain("Alertmanager is silent about it too");

    await say("unmute web-1");
    await keep();
    expect(await silences()).toMatchObject([{ status: { state: "expired" } }]);
    await expect
      .poll(async () => (await stateOfAlerts()).sort(), until)
      .toEqual(["HighLoad active", "Other active"]);

    await alertmanager.stop();
    await say("mute inc-1 for 1h");
    await keep();
    expect(await card()).toMatch(/silenced here; Alertmanager could not be told yet \(it cannot be reached/);
    expect(await watched.open()).toMatchObject([{ id: "inc-2" }, { id: "inc-1", status: "silenced" }]);
  },
  60_000,
);
