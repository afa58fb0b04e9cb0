import { describe, expect, test } from "vitest";
import { messageProblems, textLength } from "../fixtures/fakes/discord-limits.ts";
import { plainCard } from "../fixtures/fakes/listener.ts";
import { blockProblems } from "../fixtures/fakes/slack-blocks.ts";
import type { Card, Tone } from "./card.ts";
import { fit, tidy, toneWords, type Picture } from "./card-text.ts";
import { limits as consoleLimits, renderCard as renderConsole } from "./console/render.ts";
import { limits as discordLimits } from "./discord/limits.ts";
import { renderCard as renderDiscord, renderPlain as discordPlain } from "./discord/render.ts";
import { limits as slackLimits } from "./slack/limits.ts";
import { renderCard as renderSlack, renderPlain as slackPlain } from "./slack/render.ts";

const long = "All work and no play. ".repeat(5_000);
const evil = [
  "<!channel> <!here> <@U1> <@&123> <#C1> @everyone @here <@123456789012345678>",
  "<https://evil.example|Approve> [Approve](https://evil.example) https://evil.example/?q=secret",
  "*bold* _italic_ ~strike~ ||spoiler|| # heading > quote & <b>html</b> `code <@U1>` ```fence",
].join("\n");
const unicode = "Ünïcödé 漢字 👩‍👩‍👧‍👦 \u202Edesrever\u202C \u0000\u0007\uD800 e\u0301".repeat(300);
const token = (index: number) => `token-${String(index).padStart(16, "0")}`;
const buttons = (count: number, label = "Approve restart") =>
  Array.from({ length: count }, (_, index) => ({ token: token(index), label, style: "danger" as const }));
const fields = (count: number, value: string) =>
  Array.from({ length: count }, (_, index) => ({ label: `field ${index}`, value }));
const image = { url: "/charts/1.png", alt: "memory of web-1 over the last hour" };

const cards: Record<string, Card> = {
  "an ordinary card": plainCard({ image, buttons: buttons(2), plan: "plan-17" }),
  "an empty card": plainCard({ title: "", text: "", fields: [], footer: "", incident: null }),
  "texts of 100 kB": plainCard({
    title: long,
    text: long,
    fields: [{ label: long, value: long }],
    image: { url: "/charts/1.png", alt: long },
    buttons: buttons(1, long),
    footer: long,
    plan: "plan-17",
  }),
  "mentions, links and marks": plainCard({
    title: evil,
    text: evil,
    fields: [{ label: evil, value: evil }],
    image: { url: "/charts/1.png", alt: evil },
    buttons: buttons(1, evil),
    footer: evil,
  }),
  "every script and control character": plainCard({
    title: unicode,
    text: unicode,
    fields: [{ label: unicode, value: unicode }],
    footer: unicode,
    buttons: buttons(1, unicode),
  }),
  "30 long fields and 40 buttons": plainCard({
    text: long,
    fields: fields(30, long),
    buttons: buttons(40, long),
    image,
  }),
  "empty values": plainCard({ fields: [{ label: "", value: "" }], buttons: buttons(1, "") }),
  "only ampersands": plainCard({
    title: "&".repeat(500),
    text: "&".repeat(9_000),
    fields: fields(3, "<".repeat(5_000)),
  }),
};

const pictures: Picture[] = [{ ref: "F00000001" }, "unavailable", null];

describe.each(Object.entries(cards))("%s", (_, card) => {
  test.each(pictures)("is taken by Slack with the picture %o", (picture) => {
    const { text, blocks } = renderSlack(card, picture);
    expect(blockProblems(blocks, (id) => id === "F00000001")).toEqual([]);
    expect(blocks.length).toBeLessThanOrEqual(slackLimits.blocks);
    const texts = stringsOf(blocks, ["text", "alt_text", "value"]);
    expect(texts.join("").length + text.length).toBeLessThanOrEqual(slackLimits.total);
    for (const shown of [text, ...texts]) expect(shown).not.toMatch(/<|&(?!amp;|lt;|gt;)/);
  });

  test.each(pictures)("is taken by Discord with the picture %o", (picture) => {
    const message = renderDiscord(card, picture);
    expect(messageProblems(message, ["F00000001"])).toEqual([]);
    expect(message.embeds.map(textLength).reduce((sum, length) => sum + length, 0)).toBeLessThanOrEqual(
      discordLimits.total,
    );
    expect(message.allowed_mentions).toEqual({ parse: [], replied_user: false });
    expect(message).not.toHaveProperty("content");
    expect(JSON.stringify(message)).not.toMatch(/@(everyone|here)/);
  });

  test("is taken by the console: within its limits, its texts tidy, its address a chart of the bot", () => {
    const message = renderConsole(card);
    const plain = (words: { text: string }[]) => words.map(({ text }) => text).join("");
    expect(plain(message.title).length).toBeLessThanOrEqual(consoleLimits.title);
    expect(plain(message.text).length).toBeLessThanOrEqual(consoleLimits.text);
    expect(message.fields.length).toBeLessThanOrEqual(consoleLimits.fields);
    expect(message.buttons.length).toBeLessThanOrEqual(consoleLimits.buttons);
    for (const { label } of message.buttons)
      expect(label.length).toBeLessThanOrEqual(consoleLimits.buttonLabel);
    for (const shown of stringsOf(message, ["text", "label", "name", "alt", "footer"]))
      expect(shown).toBe(tidy(shown));
    if (message.image !== null) expect(message.image.url).toMatch(/^\/charts\/[\w-]+\.png$/);
    expect(message.toneWord).toBe(toneWords[card.tone]);
  });

  test("its buttons carry their token and nothing else", () => {
    const shown = card.buttons.slice(0, 25).map((button) => button.token);
    const slack = renderSlack(card, null).blocks.flatMap((block) =>
      block.type === "actions" ? block.elements : [],
    );
    const discord = renderDiscord(card, null).components.flatMap((row) => row.components);
    expect(slack.map((button) => ("value" in button ? button.value : null))).toEqual(shown);
    expect(discord.map((button) => button.custom_id)).toEqual(shown);
    expect(renderConsole(card).buttons.map((button) => button.token)).toEqual(shown);
  });

  test("its plain form is taken too", () => {
    expect(slackPlain(card).text.length).toBeLessThanOrEqual(slackLimits.text + slackLimits.footer + 1);
    expect(messageProblems({ ...discordPlain(card) }, [])).toEqual([]);
  });
});

describe.each([
  ["Slack", (card: Card, picture: Picture) => renderSlack(card, picture) as unknown],
  ["Discord", (card: Card, picture: Picture) => renderDiscord(card, picture) as unknown],
])("%s", (surface, render) => {
  const textOf = (card: Card, picture: Picture = null) =>
    stringsOf(render(card, picture), ["text", "title", "description", "name", "value", "label"]).join("\n");

  test("says what was cut and what is not shown", () => {
    const text = textOf(plainCard({ text: long, fields: fields(40, "1"), buttons: buttons(40) }));
    expect(text).toMatch(/… \(\d+ more characters\)/);
    expect(text).toMatch(/\d+ more fields are not shown here/);
    expect(text).toContain("15 more buttons are not shown here");
  });

  test("says that the chart is unavailable, and what it would have shown", () => {
    expect(textOf(plainCard({ image }), "unavailable")).toContain("Chart unavailable: memory of web-1");
    expect(textOf(plainCard({ image: null }), "unavailable")).not.toContain("Chart");
  });

  test.each(Object.entries(toneWords))("says the tone %s in words", (tone, words) => {
    expect(textOf(plainCard({ tone: tone as Tone }))).toContain(words);
  });

  test("keeps the ids at the end, however long the footer is", () => {
    expect(textOf(plainCard({ footer: long, plan: "plan-17" }))).toMatch(/about inc-12 and plan-17$/m);
  });

  test("does not repeat an id that the footer names", () => {
    const text = textOf(plainCard({ footer: "inc-12 · acknowledged by nobody" }));
    expect(text.match(/inc-12/g)).toHaveLength(1);
  });

  test("never cuts a token: one that is too long is an error", () => {
    const card = plainCard({ buttons: [{ token: "t".repeat(2_001), label: "Approve", style: "primary" }] });
    expect(() => render(card, null)).toThrow(`${surface} takes 1-`);
  });

  test("gives the dangerous button its style", () => {
    const styles = [
      { token: "a", label: "Approve", style: "primary" as const },
      { token: "b", label: "Details", style: "default" as const },
      { token: "c", label: "Deny", style: "danger" as const },
    ];
    const found = JSON.stringify(render(plainCard({ buttons: styles }), null)).match(/"style":("\w+"|\d)/g);
    const expected = surface === "Slack" ? ['"primary"', '"danger"'] : ["1", "2", "4"];
    expect(found).toEqual(expected.map((style) => `"style":${style}`));
  });
});

test("Discord shows marks as they were written and keeps code", () => {
  const { embeds } = renderDiscord(plainCard({ text: "a*b_c [x](https://e) <@1> `d_e` @everyone" }), null);
  expect(embeds[0]?.description).toBe("a\\*b\\_c \\[x\\]\\(https://e\\) \\<@1\\> `d_e` @\u200Beveryone");
});

test("Slack shows data as text and makes nothing of it", () => {
  const { blocks } = renderSlack(plainCard({ text: "<!channel> a & b <https://e|x>" }), null);
  expect(blocks[1]).toEqual({
    type: "section",
    text: {
      type: "mrkdwn",
      text: "&lt;!channel&gt; a &amp; b &lt;https://e|x&gt;",
      verbatim: true,
    },
  });
});

describe("cutting", () => {
  test("never splits a character or an escape and always stays within the limit", () => {
    for (let limit = 1; limit <= 60; limit++) {
      const escaped = fit("👍&".repeat(30), limit, (text) => text.replaceAll("&", "&amp;"));
      expect(escaped.length).toBeLessThanOrEqual(limit);
      expect(escaped).toMatch(/^(👍&amp;)*👍?…?$/u);
    }
  });

  test("removes what turns text around or cannot be shown, and keeps lines", () => {
    expect(tidy("a\u202Eb\u0000c\r\nd\te\uD800f")).toBe("abc\nd\te\uFFFDf");
  });
});

/** All strings under one of `keys`, however deep. */
function stringsOf(part: unknown, keys: string[]): string[] {
  if (typeof part !== "object" || part === null) return [];
  return Object.entries(part).flatMap(([key, value]) =>
    typeof value === "string" ? (keys.includes(key) ? [value] : []) : stringsOf(value, keys),
  );
}
