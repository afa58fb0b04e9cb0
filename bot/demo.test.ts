import { mkdirSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type Browser, chromium, type Page } from "playwright-core";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { browserPath } from "../fixtures/fakes/console-page.ts";
import { loadConfig } from "../infra/config.ts";
import { type Running, start } from "./main.ts";

/**
 * The README's first line as a person lives it: the real program, the recorded incident, a real browser. With
 * SCREENSHOTS=fixtures/screenshots it also makes the README's pictures.
 */

const pictures = process.env.SCREENSHOTS ?? mkdtempSync(join(tmpdir(), "pictures-"));
const directory = mkdtempSync(join(tmpdir(), "smartcloudops-"));
let running: Running;
let browser: Browser;
let page: Page;

describe.runIf(browserPath !== undefined || process.env.CI === "true")("the demo in a browser", () => {
  beforeAll(async () => {
    mkdirSync(pictures, { recursive: true });
    running = await start(
      loadConfig({ PORT: "0", SMARTCLOUDOPS_DATA_DIR: directory }, () => ""),
      {
        print: () => undefined,
        writeLog: () => undefined,
        wall: Date.now,
        workerUrl: new URL("../dist/bot/worker.js", import.meta.url),
        consoleFiles: new URL("../dist/bot/console/", import.meta.url),
      },
    );
    browser = await chromium.launch({
      executablePath: browserPath ?? "/usr/bin/chromium-headless-shell",
      args: ["--no-sandbox", "--disable-gpu", "--disable-background-networking"],
    });
    page = await browser.newPage({ viewport: { width: 860, height: 1320 }, deviceScaleFactor: 1 });
    await page.goto(running.url);
  });

  afterAll(async () => {
    await browser?.close();
    await running?.stop();
    rmSync(directory, { recursive: true, force: true });
  });

  const ask = async (text: string) => {
    await page.getByRole("textbox").fill(text);
    await page.keyboard.press("Enter");
  };
  const card = (title: RegExp) => page.getByRole("article", { name: title });

  it("answers status, shows the incident, runs the remedy when approved, and shows that it helped", async () => {
    await ask("status");
    await card(/1 target/).waitFor({ timeout: 20_000 });

    const incident = card(/memory usage is far above usual/).first();
    await incident.waitFor({ timeout: 60_000 });
    await incident.getByRole("button", { name: "Approve restart" }).waitFor();
    await incident.getByRole("img").waitFor();

    await ask("check for anomalies");
    const asked = card(/memory usage is far above usual/).last();
    await asked.getByRole("button", { name: "Approve restart" }).waitFor();
    await page.waitForTimeout(500);
    await asked.screenshot({ path: join(pictures, "incident.png") });

    await asked.getByRole("button", { name: "Approve restart" }).press("Enter");
    const outcome = card(/Restarted app on web-1: improved/).last();
    await outcome.waitFor({ timeout: 60_000 });
    expect(await page.getByRole("button", { name: /^(Approve|Deny)/ }).count()).toBe(0);
    expect(await outcome.getByRole("img").getAttribute("alt")).toContain("restart ran");
    expect(await outcome.textContent()).toMatch(/fell from [\d.]+ % to [\d.]+ %/);
    await outcome.getByRole("img").evaluate("image => image.decode()");
    await outcome.screenshot({ path: join(pictures, "outcome.png") });

    await ask("status");
    await card(/1 target: 1 well/)
      .last()
      .waitFor({ timeout: 20_000 });
    await page.waitForTimeout(500);
    await page.screenshot({ path: join(pictures, "console.png") });
  }, 180_000);
});
