import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, it } from "vitest";
import { loadConfig } from "../infra/config.ts";
import type { Card } from "./card.ts";
import { type Running, start } from "./main.ts";

/** The whole program on the recorded incident, through its HTTP API, with the compiled worker of `npm run build`. */

let directory: string;
let running: Running;
const logged: string[] = [];

const begin = async (environment: NodeJS.ProcessEnv = {}) => {
  running = await start(
    loadConfig(
      {
        PORT: "0",
        SMARTCLOUDOPS_DATA_DIR: directory,
        SMARTCLOUDOPS_REPLAY_SPEED: "30",
        ...environment,
      },
      () => "",
    ),
    {
      print: () => undefined,
      writeLog: (line) => logged.push(line),
      wall: Date.now,
      workerUrl: new URL("../dist/bot/worker.js", import.meta.url),
      consoleFiles: new URL("../dist/bot/console/", import.meta.url),
    },
  );
};

beforeEach(async () => {
  directory = mkdtempSync(join(tmpdir(), "smartcloudops-"));
  logged.length = 0;
  await begin();
});

afterEach(async () => {
  await running.stop();
  rmSync(directory, { recursive: true, force: true });
});

type Reply = { intent: { kind: string }; card: Card; text: string };

async function call<Answer>(path: string, body?: object): Promise<{ status: number; body: Answer }> {
  const response = await fetch(running.url + path, {
    ...(body === undefined
      ? {}
      : { method: "POST", headers: { "content-type": "application/json" }, body: JSON.stringify(body) }),
  });
  return { status: response.status, body: (await response.json()) as Answer };
}

const ask = async (query: string) => (await call<Reply>("/query", { query })).body;

async function until<Value>(
  look: () => Promise<Value | null | undefined | false>,
  seconds: number,
): Promise<Value> {
  const end = Date.now() + seconds * 1_000;
  while (Date.now() < end) {
    const seen = await look();
    if (seen) return seen;
    await new Promise((resolve) => setTimeout(resolve, 250));
  }
  throw new Error(`not seen within ${seconds} s; the log ends: ${logged.slice(-5).join("")}`);
}

type Incidents = { incidents: { id: string; status: string; target: string; metric: string }[] };
type Plans = {
  plans: { id: string; status: string; verdict: string | null; digest: string; runbook: string }[];
};

const proposedPlan = () =>
  until(async () => (await call<Plans>("/plans")).body.plans.find((plan) => plan.status === "proposed"), 40);

it("finds the recorded incident, proposes a restart, runs it when approved and sees that it helped", async () => {
  const plan = await proposedPlan();
  expect(plan.runbook).toBe("restart-service");

  const check = await ask("check for anomalies");
  expect(check.intent.kind).toBe("anomaly_check");
  const approve = check.card.buttons.find(({ label }) => label.startsWith("Approve"));
  expect(check.card.image?.url).toMatch(/^\/charts\/.*\.png$/);
  expect(approve).toBeDefined();

  const clicked = await call<Reply>("/buttons", { token: approve?.token });
  expect(clicked.status).toBe(200);
  expect(clicked.body.card.tone).not.toBe("refused");
  expect(clicked.body.card.buttons.filter(({ label }) => label.startsWith("Approve"))).toEqual([]);

  const again = await call<Reply>("/buttons", { token: approve?.token });
  expect(again.status).toBe(200);
  expect(again.body.card.tone).toBe("refused");

  const judged = await until(
    async () => (await call<Plans>("/plans")).body.plans.find((each) => each.id === plan.id && each.verdict),
    60,
  );
  expect(judged.verdict).toBe("improved");
  const incident = await until(
    async () =>
      (await call<Incidents>("/incidents")).body.incidents.find(({ status }) => status === "resolved"),
    30,
  );
  const outcome = await ask(`incidents ${incident.id}`);
  expect(outcome.card.title).toContain("improved");
  expect(outcome.card.image).not.toBeNull();
  const picture = await fetch(running.url + (outcome.card.image?.url ?? ""));
  expect(picture.headers.get("content-type")).toBe("image/png");
}, 150_000);

it("keeps everything over a restart: the incident, its plan and working buttons", async () => {
  const plan = await proposedPlan();
  await running.stop();
  await begin();
  const kept = (await call<Plans>("/plans")).body.plans.find(({ id }) => id === plan.id);
  expect(kept?.status).toBe("proposed");
  const denied = await call<Reply>(`/plans/${plan.id}/deny`, { reason: "traffic is high" });
  expect(denied.status).toBe(200);
  const after = (await call<Plans>("/plans")).body.plans.find(({ id }) => id === plan.id);
  expect(after?.status).toBe("denied");
  const { entries } = (await call<{ entries: { verb: string; subject: string }[] }>("/audit")).body;
  expect(entries.some(({ verb, subject }) => verb === "deny" && subject === plan.id)).toBe(true);
}, 120_000);

it("refuses an approval whose digest is not the plan's", async () => {
  const plan = await proposedPlan();
  const wrong = await call<Reply>(`/plans/${plan.id}/approve`, { digest: "0".repeat(64) });
  expect(wrong.status).toBe(409);
  expect((await call<Plans>("/plans")).body.plans.find(({ id }) => id === plan.id)?.status).toBe("proposed");
}, 90_000);

it("never learns from an open incident, and proposes again after a denial when somebody asks", async () => {
  const plan = await proposedPlan();
  const retrained = await ask("retrain");
  expect(retrained.card.tone).toBe("warning");
  expect(retrained.text).toContain("would take the trouble for normal");

  await call(`/plans/${plan.id}/deny`, { reason: "traffic is high" });
  const shown = await ask("incidents inc-1");
  const propose = shown.card.buttons.find(({ label }) => label === "Propose a fix");
  const proposed = await call<Reply>("/buttons", { token: propose?.token });
  expect(proposed.body.card.buttons.map(({ label }) => label).slice(0, 2)).toEqual([
    "Approve restart",
    "Deny",
  ]);
  expect(proposed.body.card.plan).not.toBe(plan.id);
}, 90_000);

it("says that a wrong remedy changed nothing, and offers another", async () => {
  const plan = await proposedPlan();
  await call(`/plans/${plan.id}/deny`, {});
  // The leak has to be over its onset: while it still climbs, a reboot that does nothing is rightly called worse.
  await until(async () => {
    const { targets } = (await call<{ targets: { values: Record<string, number> }[] }>("/status")).body;
    return (targets[0]?.values.memory_usage_percent ?? 0) > 21;
  }, 30);
  await new Promise((resolve) => setTimeout(resolve, 4_000));
  const reboot = await ask("reboot web-1");
  const approve = reboot.card.buttons.find(({ label }) => label === "Approve reboot");
  await call("/buttons", { token: approve?.token });
  const judged = await until(
    async () =>
      (await call<Plans>("/plans")).body.plans.find((each) => each.runbook === "reboot" && each.verdict),
    60,
  );
  expect(judged.verdict).toBe("unchanged");
  const shown = await ask("incidents inc-1");
  expect(shown.card.title).toBe("Rebooted web-1: unchanged");
  expect(shown.text).toContain("is still");
  const [other, ...rest] = shown.card.buttons.map(({ label }) => label);
  expect(other).toBe("Propose: restart app on web-1");
  expect(rest).toContain("Escalate");
}, 150_000);

it("shows diagnostics without hiding the finding", async () => {
  await proposedPlan();
  const denied = (await call<Plans>("/plans")).body.plans[0];
  await call(`/plans/${denied?.id}/deny`, {});
  await ask("collect diagnostics from web-1");
  const done = await until(
    async () =>
      (await call<Plans>("/plans")).body.plans.find(
        (each) => each.runbook === "diagnostics" && each.status === "done",
      ),
    30,
  );
  expect(done.verdict).toBeNull();
  const card = (await ask(`explain ${done.id}`)).card;
  expect(card.title).toContain("Collected diagnostics");
  expect(card.tone).toBe("info");
  expect((await ask("incidents inc-1")).card.title).toContain("memory usage is far above usual");
}, 90_000);
