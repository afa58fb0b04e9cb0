import { expect, test } from "vitest";
import { createLog } from "./log.ts";
import { redactData, redactText } from "./redact.ts";

// Made up, in the shapes that the vendors document; joined here so that no scanner takes them for real ones.
const secrets = {
  slackBot: ["xoxb", "1234567890", "abcdefGHIJKL"].join("-"),
  slackApp: ["xapp", "1", "A0123", "99", "f00f"].join("-"),
  discord: ["MTIzNDU2Nzg5MDEyMzQ1Njc4", "GaBcDe", "abcdefghijklmnopqrstuvwxyz0123456789AB"].join("."),
  awsId: `AKIA${"IOSFODNN7EXAMPLE"}`,
  awsSecret: ["wJalrXUtnFEMI", "K7MDENG", "bPxRfiCYEXAMPLEKEY"].join("/"),
  openai: `sk-${"a1B2c3D4e5F6g7H8i9"}`,
  bearer: "9f8e7d6c5b4a39281706",
};

function book(level: "debug" | "info" = "info") {
  const lines: string[] = [];
  const clock = { now: 1000 };
  const made = createLog({
    level,
    secrets: ["correct horse"],
    wall: () => clock.now,
    write: (line) => lines.push(line),
  });
  return { ...made, lines, clock };
}

test("a line is JSON with level, time and message", () => {
  const { log, lines } = book();
  log.info({ target: "web-1" }, "watch cycle");
  expect(JSON.parse(lines[0] ?? "")).toEqual({
    level: "info",
    time: 1000,
    msg: "watch cycle",
    target: "web-1",
  });
});

test("no secret reaches the line or the ring, at any depth and in errors", () => {
  const { log, lines, recent } = book();
  const all = Object.values(secrets);
  log.warn(
    { deep: { er: [{ than: { one: all } }] }, url: "postgres://me:correct@db/x" },
    all.slice(0, 6).join(" "),
  );
  log.error(
    { err: new Error(`refused ${secrets.slackBot}`, { cause: new Error(secrets.awsSecret) }) },
    "failed",
  );
  log.info(
    { headers: { authorization: `Bearer ${secrets.bearer}` } },
    `Authorization: Bearer ${secrets.bearer}`,
  );
  log.info({ a: { b: { c: { botToken: "anything" } } }, password: { is: "anything" } }, "the correct horse");
  const everything = lines.join() + JSON.stringify(recent());
  for (const secret of [...all.slice(0, 6), "me:correct", "anything", "correct horse"]) {
    expect(everything).not.toContain(secret);
  }
  expect(lines[2]).not.toContain(secrets.bearer);
  expect(lines).toHaveLength(4);
});

test.each([
  ["password=hunter2 was set", "password=[redacted] was set"],
  ["DB_PASSWORD='hunter2'", "DB_PASSWORD='[redacted]'"],
  ["GET /x?token=abcd1234&page=2", "GET /x?token=[redacted]&page=2"],
  ["run --api-key=abcd1234", "run --api-key=[redacted]"],
  ["X-Amz-Signature=0123456789abcdef", "X-Amz-Signature=[redacted]"],
  [`pushed with ghp_${"a1".repeat(18)}`, "pushed with [redacted]"],
  [`glpat-${"a1".repeat(10)}`, "[redacted]"],
  [`sk_live_${"a1".repeat(12)}`, "[redacted]"],
  ["https://hooks.slack.com/services/T0/B0/abcdef", "https://hooks.slack.com/services/[redacted]"],
])("what is called a secret, or looks like a known one, is taken out of %s", (text, left) => {
  expect(redactText(text)).toBe(left);
});

test("ordinary text is left as it is", () => {
  const ordinary = [
    "web-1.eu-central-1.compute.internal is up",
    "digest 3f786850e387550fdab836ed7e6dc881de23001b",
    "sha256 9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08",
    "http://127.0.0.1:9090/api/v1/query?query=up",
    "risk-based approval of plan-17 by slack:T1/U1 at 2026-11-20T21:00:00.000Z",
    "basic monitoring, the bot restarted it; see https://docs.example.org/a/b-c/d.html#part",
    "i-0123456789abcdef0 arn:aws:ec2:eu-central-1:123456789012:instance/i-0123456789abcdef0",
    "smartcloudops_answer_seconds_bucket 12 infra/deploy/prometheus/rules.yaml",
  ];
  expect(ordinary.map((text) => redactText(text))).toEqual(ordinary);
});

test("counts under secret names stay, and nothing changes the caller's object", () => {
  const data = Object.freeze({ tokens: 12, token: null, secret: "" });
  expect(redactData(data)).toEqual({ tokens: 12, token: null, secret: "" });
});

test("the ring keeps the newest entries and filters by level and time", () => {
  const { log, recent, clock } = book();
  for (let i = 0; i < 1005; i++) log.info({}, `line ${i}`);
  clock.now = 2000;
  log.warn({}, "careful");
  expect(recent()).toHaveLength(1000);
  expect(recent()[0]?.message).toBe("line 6");
  expect(recent({ level: "warn" }).map((entry) => entry.message)).toEqual(["careful"]);
  expect(recent({ limit: 2 }).map((entry) => entry.message)).toEqual(["line 1004", "careful"]);
  expect(recent({ sinceMs: 2000 }).map((entry) => entry.message)).toEqual(["careful"]);
});

test("debug is written only when it was asked for", () => {
  const quiet = book("info");
  quiet.log.debug({}, "detail");
  const loud = book("debug");
  loud.log.debug({}, "detail");
  expect([quiet.lines.length, loud.lines.length]).toEqual([0, 1]);
});

test("odd text does not hang or break the log", () => {
  const { log, lines } = book();
  const startedAt = performance.now();
  log.info({ text: "\ud800 \u0000 \u2028 ́".repeat(1000) }, "a".repeat(100_000) + ".".repeat(100_000));
  log.info({ text: "://a:" + "b".repeat(100_000) }, `${"x-".repeat(50_000)}.`);
  expect(lines).toHaveLength(2);
  expect(performance.now() - startedAt).toBeLessThan(1000);
});
