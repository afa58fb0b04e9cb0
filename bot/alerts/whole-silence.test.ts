import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import {
  hasAlertmanager,
  type TestAlertmanager,
  testAlertmanager,
} from "../../fixtures/fakes/alertmanager-server.ts";
import { compileModules } from "../../fixtures/fakes/compiled.ts";
import { freePort } from "../../fixtures/fakes/free-port.ts";
import { loadConfig } from "../../infra/config.ts";
import { auditHeadsFile } from "../../infra/database/audit-heads.ts";
import { type Running, start } from "../main.ts";

/** The whole program beside a real Alertmanager, through its HTTP API. */

const installed = hasAlertmanager();
const bearer = "a-bearer-of-some-length";
const until = { timeout: 15_000, interval: 100 };

let folder: string;
let compiled: ReturnType<typeof compileModules>;
let alertmanager: TestAlertmanager;
let running: Running | null = null;
const logged: string[] = [];

beforeEach(async () => {
  if (!installed) return;
  folder = mkdtempSync(join(tmpdir(), "silence-"));
  compiled = compileModules(["bot/worker.ts"]);
  const port = await freePort();
  alertmanager = await testAlertmanager({ url: `http://127.0.0.1:${port}/alerts`, bearer });
  running = await start(
    loadConfig(
      {
        PORT: String(port),
        SMARTCLOUDOPS_DATA_DIR: folder,
        SMARTCLOUDOPS_REPLAY_FAULT: "none",
        SMARTCLOUDOPS_ALERTS_TOKEN: bearer,
        ALERTMANAGER_URL: alertmanager.url,
      },
      () => "",
    ),
    {
      print: () => undefined,
      writeLog: (line) => logged.push(line),
      wall: Date.now,
      workerUrl: compiled.url("bot/worker.ts"),
      consoleFiles: new URL("file:///nothing/is/built/here/"),
    },
  );
}, 60_000);

afterEach(async () => {
  if (!installed) return;
  await running?.stop();
  await alertmanager.stop();
  compiled.remove();
  rmSync(folder, { recursive: true });
});

async function ask(query: string): Promise<{ text: string; buttons: string[] }> {
  const headers = { "content-type": "application/json" };
  const response = await fetch(`${running?.url}/query`, {
    method: "POST",
    headers,
    body: JSON.stringify({ query }),
  });
  const { text, card } = (await response.json()) as { text: string; card: { buttons: { label: string }[] } };
  return { text, buttons: card.buttons.map(({ label }) => label) };
}
const read = async (path: string) => fetch(`${running?.url}${path}`);
const states = async () =>
  (
    (await (await fetch(`${alertmanager.url}/api/v2/silences`)).json()) as { status: { state: string } }[]
  ).map(({ status }) => status.state);

test.runIf(installed)(
  "an alert that arrives is silenced from the console, there too, and again told of; its pack can be kept",
  async () => {
    const minute = (offset: number) => new Date(Date.now() + offset * 60_000).toISOString();
    await alertmanager.post([
      {
        labels: { alertname: "HighLoad", target: "web-1", severity: "critical" },
        annotations: { summary: "Load is high <script>" },
        startsAt: minute(-2),
        endsAt: minute(10),
      },
    ]);
    await expect.poll(async () => (await ask("incidents")).text, until).toContain("inc-1");
    expect((await (await read("/ready")).json()) as object).toMatchObject({
      ready: true,
      parts: { alertmanager: { ok: true } },
    });

    await ask("silence web-1 2h");
    await expect.poll(states, until).toEqual(["active"]);
    const silenced = await ask("incidents inc-1");
    expect(silenced.text).toContain("Alertmanager is silent about it too");
    expect(silenced.buttons).toContain("End silence");

    await ask("unmute web-1");
    await expect.poll(states, until).toEqual(["expired"]);
    expect((await ask("history inc-1")).text).toMatch(/ended the silence of inc-1/);

    const pack = await read("/incidents/inc-1/pack");
    expect(pack.headers.get("content-disposition")).toContain("inc-1.html");
    const page = await pack.text();
    expect(page).toContain("told Alertmanager to be silent about inc-1");
    expect(page).toContain("Load is high &lt;script&gt;");
    expect(page).toContain("none changed, none missing");

    await alertmanager.stop();
    expect((await (await read("/ready")).json()) as object).toMatchObject({
      ready: true,
      parts: { alertmanager: { ok: false } },
    });
    await running?.stop();
    running = null;
    expect(logged.join("")).toContain('"event":"audit head"');
    expect(readFileSync(join(folder, auditHeadsFile), "utf8")).toMatch(
      /^\{"at":\d+,"seq":\d+,"hash":"[0-9a-f]{64}"\}\n/,
    );
  },
  60_000,
);
