import { expect, test } from "vitest";
import { plainCard } from "../../fixtures/fakes/listener.ts";
import { limits, renderCard } from "./render.ts";

test("draws everything a card says", () => {
  const card = plainCard({
    title: "Restart `app` on web-1?",
    image: { url: "/charts/0a1b.png", alt: "memory of web-1" },
    buttons: [{ token: "token", label: "Approve restart", style: "danger" }],
    footer: "plan-17 · expires in 15 min",
    plan: "plan-17",
  });
  expect(renderCard(card)).toEqual({
    tone: "warning",
    toneWord: "Warning",
    title: [
      { text: "Restart ", code: false },
      { text: "app", code: true },
      { text: " on web-1?", code: false },
    ],
    name: "Restart app on web-1?",
    text: [{ text: "web-1: memory is climbing.", code: false }],
    fields: [{ label: "memory", value: [{ text: "9.8 GB (usually 1.9-2.4 GB)", code: false }] }],
    image: { url: "/charts/0a1b.png", alt: "memory of web-1" },
    buttons: [{ token: "token", label: "Approve restart", style: "danger" }],
    remarks: [],
    footer: "plan-17 · expires in 15 min · about inc-12",
  });
});

test.each([
  "https://evil.example/charts/1.png",
  "//evil.example/charts/1.png",
  "javascript:alert(1)",
  "/charts/../buttons",
  "/charts/1.png?next=https://evil.example",
])("loads no picture from %s, and says what it would have shown", (url) => {
  const { image, remarks } = renderCard(plainCard({ image: { url, alt: "memory" } }));
  expect(image).toBeNull();
  expect(remarks).toEqual(["Chart unavailable: memory"]);
});

test("says what it leaves out", () => {
  const many = { label: "label", value: "value" };
  const card = plainCard({
    title: "t".repeat(1_000),
    text: "x".repeat(100_000),
    fields: Array.from({ length: limits.fields + 2 }, () => many),
    buttons: Array.from({ length: limits.buttons + 3 }, (_, index) => ({
      token: `token-${index}`,
      label: "Choose",
      style: "default" as const,
    })),
  });
  const message = renderCard(card);
  expect(message.name).toHaveLength(limits.title);
  expect(message.text[0]?.text).toMatch(/x … \(\d+ more characters\)$/);
  expect(message.fields).toHaveLength(limits.fields);
  expect(message.buttons).toHaveLength(limits.buttons);
  expect(message.remarks).toEqual([
    "2 more fields are not shown here.",
    "3 more buttons are not shown here: type the command instead.",
  ]);
});

test("shows no control character, direction override or empty label", () => {
  const card = plainCard({
    title: "",
    text: "deny\u202E evorppa\u0000",
    fields: [{ label: "", value: "" }],
    buttons: [{ token: "token", label: "", style: "default" }],
    footer: "",
    incident: null,
  });
  const { name, text, fields, buttons, footer } = renderCard(card);
  expect({ name, text, fields, label: buttons[0]?.label, footer }).toEqual({
    name: "No title",
    text: [{ text: "deny evorppa", code: false }],
    fields: [{ label: "-", value: [{ text: "-", code: false }] }],
    label: "Choose",
    footer: "",
  });
});
