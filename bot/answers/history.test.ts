import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { personIn } from "../../fixtures/fakes/core.ts";
import { toldStory } from "../../fixtures/fakes/told-story.ts";
import { understand } from "../../intents/understand.ts";
import { respond } from "../respond.ts";

let story: Awaited<ReturnType<typeof toldStory>>;
beforeAll(async () => {
  story = await toldStory();
});
afterAll(() => story.world.close());

async function ask(text: string) {
  const { intent } = understand(text);
  expect(intent.kind).toBe("history");
  const person = personIn(story.world.ctx.policy, "vic");
  const { draft } = await respond(intent, { person, surface: "console" }, story.bot);
  return { title: draft.title, lines: draft.text.split("\n"), footer: draft.footer };
}

const cure =
  "plan-1 Restart app on web-1 (inc-1), proposed by rule memory-leak 03:05 UTC. Approved by Jon 03:12 UTC: traffic is low · ran less than a second. Improved: Memory usage fell from 41 % to 9 % (usually 8-10 %).";
const denial =
  "plan-2 Reboot web-2, asked for by Otto 03:38 UTC. Denied by Mara 03:38 UTC: it is fine. Nothing was run.";

describe("the history answers", () => {
  test("who decided the last plans, why, and with what effect", async () => {
    const { title, lines } = await ask("history");
    expect(title).toBe("What happened, newest first");
    expect(lines.slice(0, 2)).toEqual([denial, "03:18 UTC The bot resolved inc-1: after plan-1"]);
    expect(lines[2]).toBe(cure);
    expect(lines).toContain("03:04 UTC Olga took inc-1");
  });

  test.each([
    ["who approved the last restart", "plan-1 was approved by Jon 03:12 UTC, improved", cure],
    ["who approved the last change", "plan-1 was approved by Jon 03:12 UTC, improved", cure],
    ["when was the last reboot", "plan-2 was denied by Mara 03:38 UTC", denial],
    ["who approved the last reboot on web-2", "plan-2 was denied by Mara 03:38 UTC", denial],
    ["who denied the last plan", "plan-2 was denied by Mara 03:38 UTC", denial],
  ])("one question with one line: %s", async (question, title, line) => {
    expect(await ask(question)).toMatchObject({ title, lines: [line] });
  });

  test("that there was none", async () => {
    expect((await ask("who approved the last reboot of web-1")).title).toBe(
      "There was no reboot of web-1 yet",
    );
  });

  test.each([
    ["did anyone approve plan-1", /^plan-1 was approved by Jon 03:12 UTC, improved$/],
    ["did anyone approve plan-2", /^plan-2 was denied by Mara 03:38 UTC$/],
  ])("%s, in its title", async (question, title) => {
    expect((await ask(question)).title).toMatch(title);
  });

  test("that a name is known to nobody, and where the record itself is checked", async () => {
    const { title, lines } = await ask("audit verify");
    expect(title).toBe("There is no such target");
    expect(lines.join(" ")).toContain("smartcloudops audit verify");
  });

  test("who tried what and was refused", async () => {
    const { lines } = await ask("history plan-1");
    expect(lines).toContain("03:10 UTC Otto tried to approve plan-1 on slack and was refused: not allowed");
    expect(lines).toContain('03:12 UTC Jon approved plan-1 on discord: "traffic is low"');
    expect(lines.join("\n")).toMatch(/The bot called step 1 \(restart-service on web-1\) of plan-1/);
  });

  test("who did something to one target, and nothing of another one", async () => {
    const web2 = await ask("who rebooted web-2?");
    expect(web2.title).toBe("What happened to web-2, newest first");
    expect(web2.lines).toEqual([denial]);
    const web1 = await ask("what happened to web-1 last night");
    expect(web1.lines[1]).toBe(cure);
    expect(web1.lines.join("\n")).toContain("The bot opened inc-1: critical");
    expect(web1.lines.join("\n")).not.toContain("web-2");
    expect(web1.footer).toContain("the last 12 h");
  });

  test("what became of an incident, entry by entry, and how to keep it", async () => {
    const { lines, footer } = await ask("history inc-1");
    expect(lines.slice(0, 2)).toEqual([
      "03:18 UTC The bot resolved inc-1: after plan-1",
      "03:18 UTC The bot found plan-1 improved: Memory usage fell from 41 % to 9 % (usually 8-10 %).",
    ]);
    expect(footer).toContain("smartcloudops incident inc-1 --out FILE");
  });
});
