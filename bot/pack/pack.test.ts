import fc from "fast-check";
import { chromium } from "playwright-core";
import { afterEach, describe, expect, test } from "vitest";
import { takeFenceAway } from "../../fixtures/fakes/audit-fence.ts";
import { browserPath } from "../../fixtures/fakes/console-page.ts";
import { packedStory } from "../../fixtures/fakes/packed-story.ts";
import { auditHead } from "../../remediation/audit.ts";
import { gatherPack } from "./gather.ts";
import { packPage } from "./page.ts";
import { createClean, html } from "./html.ts";

let told: Awaited<ReturnType<typeof packedStory>> | null = null;
afterEach(async () => {
  await told?.world.close();
  told = null;
});
const packed = async (parts?: Parameters<typeof packedStory>[0]) => (told = await packedStory(parts));

/** What somebody reads, without tags. */
const textOf = (page: string) =>
  page
    .replace(/<style>[\s\S]*?<\/style>/, "")
    .replace(/<[^>]*>/g, " ")
    .replace(/\s+/g, " ");
const tagsOf = (page: string) => page.match(/<[^>]*>/g)?.map((tag) => tag.split(/[\s>]/)[0]);

describe("an incident's pack", () => {
  test("tells what it was, who did what and why, each step's proof, and what came of it", async () => {
    const { page } = await packed({ printed: "app restarted\nwarnings: 0" });
    const text = textOf(page);
    for (const words of [
      "web-1: memory is climbing",
      "Taken by Olga.",
      "Approved by Jon 03:12 UTC: traffic is low",
      "Improved: Memory usage fell from 41 % to 9 % (usually 8-10 %).",
      "Resolved by the bot: plan-1 improved it.",
      "Otto tried to approve plan-1 on slack and was refused",
      "Jon (jon) approved on discord, 03:12 UTC: &quot;traffic is low&quot;",
      "restart-service on web-1 (i-web-1)",
      "Verdict: improved",
      "app restarted warnings: 0",
      "web-1: memory is nearly full",
      "none changed, none missing",
    ])
      expect(text).toContain(words);
    expect(page).toContain('<img alt="Memory usage of web-1: now');
    expect(text).not.toContain("plan-2 Reboot");
  });

  test("shows the rows of the audit with their seals, and names the head to check them against", async () => {
    const { page, pack, world, bot } = await packed();
    const head = (await auditHead(world.ctx.store))!;
    expect(page).toContain(`smartcloudops audit verify --head ${head.seq}:${head.hash}`);
    for (const { hash, seq } of pack.entries) expect(page, String(seq)).toContain(hash);
    const unanchored = packPage(
      { ...pack, anchored: false },
      { scene: bot.scene(), policy: world.ctx.policy, secrets: [] },
    );
    expect(unanchored).toContain("no anchor was found: a truncated end cannot be told");
    expect(unanchored).not.toContain("none missing");
  });

  test("knows that its record was tampered with, and of no incident that is none", async () => {
    const { world, bot } = await packed();
    await takeFenceAway(world.ctx.store.db);
    await world.ctx.store.db.updateTable("audit").set({ actor: "eve" }).where("seq", "=", 3).execute();
    const sources = {
      core: world.ctx,
      scene: bot.scene(),
      heads: [],
      secrets: [],
      drawChart: async () => Buffer.alloc(0),
    };
    const history = { stepSeconds: 60, read: async () => null };
    expect(await gatherPack("inc-1", { ...sources, history })).toMatchObject({
      check: { ok: false, seq: 3 },
      charts: [],
    });
    expect(await gatherPack("inc-9", { ...sources, history })).toBeNull();
  });
});

const canaries = {
  known: "canary-of-the-configuration",
  aws: "AKIAABCDEFGHIJKLMNOP",
  slack: "xoxb-111111111111-222222222222-abcdefghijkl",
};
const hostile = [
  '<script>document.title="pwned"</script>',
  '"><img src="http://127.0.0.1:9/x" onerror="document.title=1">',
  "</pre></details></main><h1>forged</h1>",
  "\u202egnp.exe\u2066\u200b\ufeff",
  "\u001b[31mred\u001b[0m\u001b]8;;http://x\u0007link\u001b]8;;\u0007\u0000\u0007",
  "${7*7} {{7*7}} <!-- <![CDATA[ ]]> -->",
  `known ${canaries.known} aws ${canaries.aws} slack ${canaries.slack}`,
  // A secret that is hidden by marks nobody sees.
  "AKIA\u200bABCDEFGH\u001b[0mIJKLMNOP",
  "\ud800 lone",
].join(" ");
const everywhere = {
  alert: {
    title: `web-1: ${hostile}`,
    summary: hostile,
    severity: "critical",
    detail: { alertmanager: { labels: { alertname: hostile, [hostile]: "x", token: "hunter2-hunter2" } } },
  },
  printed: hostile,
  secrets: [canaries.known],
} as const;

describe("hostile words in a pack", () => {
  test("are shown as data: no tag, no mark that nobody sees, no escape code, no secret", async () => {
    const { page } = await packed(everywhere);
    const harmless = await packedStory({
      printed: "x",
      alert: { detail: { alertmanager: { labels: { a: "x" } } } },
    });
    expect(new Set(tagsOf(page))).toEqual(new Set(tagsOf(harmless.page)));
    await harmless.world.close();
    expect(page.match(/<h1/g)).toHaveLength(1);
    expect(page).not.toMatch(/[\u001b\u0000\u0007\u202a-\u202e\u2066-\u2069\u200b\ufeff\ud800-\udfff]/);
    expect(page).toContain("&lt;script&gt;document.title=");
    expect(page).toContain("red");
    for (const secret of [...Object.values(canaries), "hunter2"]) expect(page).not.toContain(secret);
    expect(page).toContain("[redacted]");
  });

  test("never change the page's own tags, whatever they are", () => {
    const clean = createClean([]);
    const page = (text: string) =>
      html`<p title="${clean.text(text)}">${clean.text(text)}</p>
        <pre>${clean.data({ [text]: text })}</pre>`.html;
    fc.assert(
      fc.property(fc.oneof(fc.string({ unit: "binary" }), fc.string()), (text) => {
        expect(tagsOf(page(text))).toEqual(["<p", "</p", "<pre", "</pre"]);
        expect(page(text).match(/"/g)).toHaveLength(2);
      }),
      { numRuns: 2_000 },
    );
  });

  test.runIf(browserPath !== undefined || process.env.CI === "true")(
    "run nothing and load nothing in a browser",
    async () => {
      const { page: content } = await packed(everywhere);
      const browser = await chromium.launch({
        executablePath: browserPath ?? "",
        args: ["--no-sandbox", "--disable-gpu", "--disable-background-networking"],
      });
      try {
        const tab = await browser.newPage({ viewport: { width: 390, height: 844 } });
        const asked: string[] = [];
        tab.on("request", (request) => asked.push(request.url().slice(0, 40)));
        await tab.setContent(content);
        expect(asked.filter((url) => !url.startsWith("data:image/png"))).toEqual([]);
        expect(await tab.title()).toMatch(/^inc-1: web-1: memory is climbing/);
        const wide = await tab.evaluate("document.documentElement.scrollWidth");
        expect(wide).toBeLessThanOrEqual(390);
      } finally {
        await browser.close();
      }
    },
    30_000,
  );
});
