import type { Locator, Page } from "playwright-core";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { accessibilityProblems, contrastProblems } from "../../fixtures/fakes/accessibility.ts";
import { browserPath, startConsole, type ConsoleBench } from "../../fixtures/fakes/console-page.ts";
import { plainCard } from "../../fixtures/fakes/listener.ts";

if (browserPath === undefined)
  console.log("The console's page is not tested: install chromium-headless-shell or chromium in /usr/bin.");

const approval = plainCard({
  id: "approval",
  title: "Restart `app` on web-1?",
  buttons: [
    { token: "approve-token", label: "Approve restart", style: "danger" },
    { token: "deny-token", label: "Deny", style: "default" },
  ],
  plan: "plan-17",
});
const outcome = {
  ...approval,
  title: "Restarted `app` on web-1: improved",
  tone: "ok" as const,
  buttons: [],
};

// A machine that runs the whole suite for others must have a browser; there this fails instead of passing by.
describe.runIf(browserPath !== undefined || process.env.CI === "true")("the console's page", () => {
  let bench: ConsoleBench;
  let page: Page;
  let problems: string[];
  let close: () => Promise<void>;

  beforeAll(async () => {
    if (browserPath === undefined)
      throw new Error("CI needs chromium-headless-shell or chromium in /usr/bin");
    bench = await startConsole();
  });
  afterAll(() => bench?.close());
  beforeEach(async () => {
    bench.world.reset();
    ({ page, problems, close } = await bench.open());
  });
  afterEach(async () => {
    expect(problems).toEqual([]);
    await close();
  });

  const say = async (text: string) => {
    await page.getByLabel("Message").focus();
    await page.keyboard.type(text);
    await page.keyboard.press("Enter");
  };
  const cards = () => page.getByRole("article");
  const card = (name: string | RegExp) => page.getByRole("article", { name });
  /** The text of whatever has the keyboard's focus. */
  const focused = () => page.evaluate<string>("document.activeElement.textContent");
  const settled = () => page.waitForTimeout(150);

  test("answers what is typed, with words, fields and tone", async () => {
    await page.getByText("Nothing has been said yet").waitFor();
    await say("status");
    await card("Warning 7 targets: 6 well, 1 in trouble").waitFor();
    expect(bench.world.asked).toEqual(["status"]);
    expect(await page.getByRole("term").allTextContents()).toEqual(["memory"]);
    expect(await page.getByText("Nothing has been said yet").isVisible()).toBe(false);
    expect(await page.getByRole("log").innerText()).toMatch(
      /status[\s\S]+just now[\s\S]+web-1: memory is climbing/,
    );
  });

  test("takes several lines and brings back what was said before", async () => {
    const box = page.getByLabel("Message");
    await box.focus();
    await page.keyboard.type("one");
    await page.keyboard.press("Shift+Enter");
    await say("two");
    await cards().waitFor();
    expect(bench.world.asked).toEqual(["one\ntwo"]);
    await page.getByRole("button", { name: "incidents" }).click();
    await expect.poll(() => bench.world.asked.at(-1)).toBe("incidents");
    await box.press("ArrowUp");
    expect(await box.inputValue()).toBe("incidents");
    await box.press("ArrowUp");
    expect(await box.inputValue()).toBe("one\ntwo");
    await box.press("ArrowDown");
    await box.press("ArrowDown");
    expect(await box.inputValue()).toBe("");
  });

  test("shows hostile text as text", async () => {
    const evil = "<img src=x onerror=alert(1)><script>alert(2)</script> \u202Ekcol\u202C";
    const image = { url: "https://evil.example/pixel.png", alt: evil };
    const buttons = [{ token: "t", label: evil, style: "primary" as const }];
    const fields = [{ label: evil, value: evil }];
    bench.world.answer = async () =>
      plainCard({
        id: 'x" onfocus="alert(3)',
        title: evil,
        text: evil,
        footer: evil,
        image,
        buttons,
        fields,
      });
    await say(evil);
    await cards().waitFor();
    const shown = await page.getByRole("log").innerText();
    expect(shown.match(/<img src=x onerror=alert\(1\)>/g)).toHaveLength(8);
    expect(shown).not.toMatch(/[\u202A-\u202E]/);
    expect(await page.locator("#log img, #log script").count()).toBe(0);
  });

  test("runs a press by keyboard once, and the decided card stays with the keyboard on it", async () => {
    let answer = () => {};
    bench.world.click = async () => {
      await new Promise<void>((resolve) => (answer = resolve));
      return outcome;
    };
    bench.world.publish(approval, Date.now());
    const button = page.getByRole("button", { name: "Approve restart" });
    await button.focus();
    await page.keyboard.press("Enter");
    await page.keyboard.press("Enter");
    await expect.poll(() => button.getAttribute("aria-busy")).toBe("true");
    expect(await button.isDisabled()).toBe(true);
    await expect.poll(() => bench.world.pressed).toEqual(["approve-token"]);
    bench.world.publish({ ...approval, title: "Restarting `app` on web-1" }, Date.now(), true);
    await card(/Restarting/).waitFor();
    expect(await button.isDisabled()).toBe(true);
    expect(await focused()).toBe("Approve restart");
    answer();
    // What was published after the press is newer than the answer to it.
    await expect.poll(() => button.isDisabled()).toBe(false);
    bench.world.publish(outcome, Date.now(), true);
    await card("All well Restarted app on web-1: improved").waitFor();
    expect(await cards().count()).toBe(1);
    expect(await page.getByRole("article").getByRole("button").count()).toBe(0);
    expect(await focused()).toContain("Restarted app");
    expect(bench.world.pressed).toEqual(["approve-token"]);
  });

  test("edits the card in place with the answer alone, and shows a refusal as a card of its own", async () => {
    bench.world.publish(approval, Date.now());
    const refusal = plainCard({ id: "refusal", tone: "refused", title: "You may not approve this" });
    bench.world.click = async (token) => (token === "deny-token" ? outcome : refusal);
    await page.getByRole("button", { name: "Approve restart" }).press("Enter");
    await card("Refused You may not approve this").waitFor();
    expect(await page.getByRole("button", { name: "Approve restart" }).isDisabled()).toBe(false);
    await page.getByRole("button", { name: "Deny" }).press("Space");
    await card(/Restarted/).waitFor();
    expect(await cards().count()).toBe(2);
    expect(await page.getByRole("button", { name: "Deny" }).count()).toBe(0);
  });

  test("a pointer's press on what has only just moved there does nothing", async () => {
    bench.world.publish(approval, Date.now());
    const button = page.getByRole("button", { name: "Deny" });
    await button.waitFor();
    await page.waitForTimeout(400);
    // Presses in the very moment of the edit, as a finger does that was already on its way.
    const press =
      "article.querySelector('[data-token=deny-token]').dispatchEvent(new MouseEvent('click', { detail: 1 }))";
    await page.evaluate(
      `const article = document.querySelector("article");
       new MutationObserver(() => ${press}).observe(article, { childList: true })`,
    );
    bench.world.publish({ ...approval, text: "Moved." }, Date.now(), true);
    await page.getByText("Moved.").waitFor();
    await settled();
    expect(bench.world.pressed).toEqual([]);
    await page.waitForTimeout(400);
    await button.click();
    await expect.poll(() => bench.world.pressed).toEqual(["deny-token"]);
  });

  test("shows what arrives both as an answer and as an update once, and never an older state", async () => {
    const answered = plainCard({ id: "same", title: "As answered" });
    const now = Date.now();
    bench.world.answer = async () => {
      bench.world.publish(answered, now);
      bench.world.publish({ ...answered, title: "As edited" }, now + 10, true);
      await new Promise((resolve) => setTimeout(resolve, 50));
      return answered;
    };
    await say("status");
    await card(/As edited/).waitFor();
    await settled();
    bench.world.publish({ ...answered, title: "Too late" }, now + 5, true);
    await settled();
    expect(await cards().allTextContents()).toEqual([expect.stringContaining("As edited")]);
  });

  test("says what to do when the bot fails, and keeps the words", async () => {
    bench.world.answer = () => Promise.reject(new Error("broken"));
    await say("check web-1");
    await page.getByRole("alert").getByText("That did not work.").waitFor();
    expect(await page.getByLabel("Message").inputValue()).toBe("check web-1");
    bench.world.publish(approval, Date.now());
    bench.world.click = async () => null;
    await page.getByRole("button", { name: "Deny" }).press("Enter");
    await page.getByRole("alert").getByText("No button has this token").waitFor();
    expect(await page.getByRole("button", { name: "Deny" }).isDisabled()).toBe(false);
  });

  test("says that it reconnects, and then knows what happened meanwhile", async () => {
    bench.world.publish(approval, Date.now());
    await cards().waitFor();
    await bench.stopServer();
    await page.getByRole("status").getByText("Reconnecting").waitFor();
    await say("status");
    await page.getByRole("alert").getByText("The bot cannot be reached").waitFor();
    expect(await page.getByLabel("Message").inputValue()).toBe("status");
    // The list says when a card was posted, not when it was edited.
    bench.world.recent = [{ card: outcome, at: Date.now() - 60_000 }];
    await bench.startServer();
    await card(/Restarted/).waitFor({ timeout: 15_000 });
    await page.getByRole("status").getByText("Connected", { exact: true }).waitFor();
    expect(await cards().count()).toBe(1);
  });

  test("leaves the reader where they read, and offers the way down", async () => {
    const many = Array.from({ length: 12 }, (_, index) =>
      plainCard({ id: `card-${index}`, title: `Card ${index}` }),
    );
    many.forEach((each, index) => bench.world.publish(each, Date.now() + index));
    await card(/Card 11/).waitFor();
    const top = () => page.evaluate<number>("document.querySelector('#scroller').scrollTop");
    await expect.poll(top).toBeGreaterThan(500);
    await page.evaluate("document.querySelector('#scroller').scrollTop = 0");
    await settled();
    bench.world.publish(plainCard({ id: "newest", title: "The newest" }), Date.now());
    await page.getByRole("button", { name: "New messages below" }).press("Enter");
    await expect.poll(top).toBeGreaterThan(500);
    expect(await focused()).toContain("The newest");
    expect(await page.getByRole("button", { name: "New messages below" }).count()).toBe(0);
  });

  test("shows on a phone what is proposed and its buttons before the picture, names and numbers whole", async () => {
    await page.setViewportSize({ width: 390, height: 844 });
    bench.world.publish(
      {
        ...approval,
        title: "a long title that ends just where the name of the machine is web-1: it is slow",
        text: "Memory is 41 %, usually 1.9-2.9 %.",
        image: { url: "/charts/0.png", alt: "memory" },
      },
      Date.now(),
    );
    await page.getByText("Chart unavailable: memory").waitFor();
    const top = async (shown: Locator) => (await shown.boundingBox())?.y ?? Number.NaN;
    const button = await top(page.getByRole("button", { name: "Approve restart" }));
    expect(button).toBeLessThan(600);
    expect(button).toBeLessThan(await top(page.getByText("Chart unavailable: memory")));
    const whole = page.locator("#log .whole");
    expect(await whole.allTextContents()).toEqual(expect.arrayContaining(["web-1", "41 %", "1.9-2.9 %"]));
    const lines = "[...document.querySelectorAll('#log .whole')].map(each => each.getClientRects().length)";
    expect(new Set((await page.evaluate(lines)) as number[])).toEqual(new Set([1]));
  });

  test.each(["light", "dark"] as const)(
    "can be used by everybody, %s, on a phone of 360 pixels",
    async (colorScheme) => {
      await page.emulateMedia({ colorScheme, reducedMotion: "reduce" });
      await page.setViewportSize({ width: 360, height: 740 });
      bench.world.recent = [];
      for (const tone of ["ok", "info", "warning", "critical", "refused"] as const)
        bench.world.publish(
          { ...approval, id: tone, tone, image: { url: "/charts/0.png", alt: "memory" } },
          Date.now(),
        );
      await card(/Refused/).waitFor();
      await page.getByText("Chart unavailable: memory").last().waitFor();
      bench.world.answer = () => Promise.reject(new Error("broken"));
      await say("a".repeat(200));
      await page.getByRole("alert").waitFor();
      expect(await accessibilityProblems(page)).toEqual([]);
      expect(await contrastProblems(page)).toEqual([]);
      expect(await page.evaluate("document.documentElement.scrollWidth")).toBe(360);
      expect(await page.evaluate("document.querySelector('#scroller').scrollWidth")).toBeLessThanOrEqual(360);
    },
  );
});
