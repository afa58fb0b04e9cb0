import { describe, expect, test } from "vitest";
import { understand } from "./understand.ts";
import { takeWhen } from "./when.ts";

describe("the time a text ends with", () => {
  test.each([
    ["reboot web-1 at 02:00", "02:00"],
    ["reboot web-1 at 2am", "02:00"],
    ["reboot web-1 at 2:30 pm", "14:30"],
    ["reboot web-1 at 14:30", "14:30"],
    ["reboot web-1 at midnight", "00:00"],
    ["reboot web-1 at noon tomorrow", "tomorrow 12:00"],
    ["reboot web-1 tonight at 11", "23:00"],
    ["reboot web-1 tonight at 12", "00:00"],
    ["reboot web-1 tonight between 2 and 4", "02:00-04:00"],
    ["reboot web-1 between 2 and 4 tonight", "02:00-04:00"],
    ["reboot web-1 tonight between 10 and 1", "22:00-01:00"],
    ["reboot web-1 between 2 and 4 am", "02:00-04:00"],
    ["reboot web-1 between 11 and 1 am", "23:00-01:00"],
    ["reboot web-1 between 11 and 1 pm", "11:00-13:00"],
    ["reboot web-1 from 22:00 to 23:30", "22:00-23:30"],
    ["reboot web-1 tomorrow evening at 9", "tomorrow 21:00"],
    ["reboot web-1 today at 17:00", "today 17:00"],
    ["reboot web-1 this afternoon between 2 and 4", "today 14:00-16:00"],
    ["reboot web-1 in the next maintenance window", "maintenance"],
    ["reboot web-1 during maintenance", "maintenance"],
    ["reboot web-1 in 10m", "in 10m"],
    ["reboot web-1 after 1h30m", "in 1h30m"],
    ["reboot web-1 10m from now", "in 10m"],
    ["reboot web-1 10m from", "in 10m"],
    ["reboot web-1 @ 14:30", "14:30"],
    ["reboot web-1 in 500y", "in 500y"],
    ["reboot web-1 at 25:00", "at 25:00"],
    ["reboot web-1 at 2:75", "at 2:75"],
    ["reboot web-1 at 2.30", "at 2.30"],
    ["reboot web-1 at 99", "at 99"],
    ["reboot web-1 tonight at noon", "tonight at noon"],
    ["reboot web-1 tonight at 2 tomorrow", "tonight at 2 tomorrow"],
  ])("%s", (words, when) => {
    expect(takeWhen(words)).toEqual({ words: "reboot web-1", when });
  });

  test.each([
    "reboot web-1",
    "reboot web-1 tonight",
    "restart nginx on web-1 at once",
    "restart nginx at web-2",
    "restart nginx at 10.0.1.5",
    "restart nginx in production",
    "scale web up from 2 to 4",
    "at the moment",
  ])("`%s` ends with none", (words) => {
    expect(takeWhen(words)).toBeNull();
  });
});

describe("a remedy for later", () => {
  const reboot = { kind: "remediate", target: "web-1", runbook: "reboot" };

  test.each([
    ["reboot web-1 at 02:00", { ...reboot, when: "02:00" }],
    ["please reboot web-1 at 2am, thanks", { ...reboot, when: "02:00" }],
    ["can you reboot web-1 tonight between 2 and 4?", { ...reboot, when: "02:00-04:00" }],
    ["reboot web-1, tonight between 2 and 4", { ...reboot, when: "02:00-04:00" }],
    ["reboot web-1 in the next maintenance window", { ...reboot, when: "maintenance" }],
    ["remediate web-1 reboot at 02:00", { ...reboot, when: "02:00" }],
    ["remediate web-1 reboot in 10 minutes", { ...reboot, when: "in 10m" }],
    ["reboot web-1 in half an hour", { ...reboot, when: "in 30m" }],
    ["in 10 minutes, reboot web-1", { ...reboot, when: "in 10m" }],
    ["reboot web-1 an hour from now", { ...reboot, when: "in 1h" }],
    ["reboot web-1 at 25:00", { ...reboot, when: "at 25:00" }],
    ["restart web-1 at 02:00", { kind: "remediate", target: "web-1", when: "02:00" }],
    ["stop web-1 at 03:00", { kind: "remediate", target: "web-1", runbook: "stop", when: "03:00" }],
    ["drill approval at 02:00", { kind: "remediate", runbook: "practice", when: "02:00" }],
    ["drill approval in 10 minutes", { kind: "remediate", runbook: "practice", when: "in 10m" }],
    [
      "Remediate web-1 restart-service Service=Nginx between 02:00 and 04:00 because Mara asked",
      {
        kind: "remediate",
        target: "web-1",
        runbook: "restart-service",
        params: { service: "Nginx" },
        when: "02:00-04:00",
        reason: "Mara asked",
      },
    ],
    [
      "restart nginx on web-1 at 02:00",
      {
        kind: "remediate",
        target: "web-1",
        runbook: "restart-service",
        params: { service: "nginx" },
        when: "02:00",
      },
    ],
  ])("%s", (text, intent) => {
    expect(understand(text).intent).toEqual(intent);
  });

  test.each([
    "approve plan-9 at 02:00",
    "resume at 02:00",
    "deny plan-9 at 02:00",
    "don't reboot web-1 at 02:00",
    "should I reboot web-1 at 02:00?",
    "mara said: reboot web-1 at 02:00",
    "reboot web-1 at 02:00 if traffic is low",
    "tomorrow reboot web-1 at 02:00",
    "reboot web-1 tonight",
  ])("`%s` is none", (text) => {
    expect(understand(text).intent).not.toHaveProperty("when");
    expect(understand(text).intent.kind).not.toBe("remediate");
  });
});

describe("an order whose time is not understood", () => {
  test.each([
    "reboot web-1 later",
    "reboot web-1 tomorrow",
    "reboot web-1 at lunch",
    "reboot web-1 next tuesday",
    "reboot web-1 within 10 minutes",
    "reboot web-1 at 02:00 UTC",
    "reboot web-1 on sunday at 02:00",
    "at 02:00 reboot web-1",
    "restart app on web-1 around 3",
    "remediate web-1 reboot sometime tonight",
    "can you reboot web-1 tomorrow?",
    "resume at 02:00",
    "undo plan-7 tomorrow",
  ])("`%s` is never offered for now", (text) => {
    const { intent, alternatives } = understand(text);
    expect(intent.kind).toBe("unknown");
    expect(alternatives.map(({ kind }) => kind)).not.toContain("remediate");
    expect(alternatives.map(({ kind }) => kind)).not.toContain("resume");
    expect(alternatives.map(({ kind }) => kind)).not.toContain("rollback");
  });

  test("says that it is the time", () => {
    expect(understand("reboot web-1 later").intent).toMatchObject({ because: "unclear_time" });
    expect(understand("don't reboot web-1 later").intent).not.toHaveProperty("because", "unclear_time");
  });
});

test("names keep their underscores, slanted text loses its own", () => {
  const restart = { kind: "remediate", runbook: "restart-service" };
  expect(understand("restart __proto__").intent).toEqual({ ...restart, params: { service: "__proto__" } });
  expect(understand("restart _private on web-1").intent).toEqual({
    ...restart,
    target: "web-1",
    params: { service: "_private" },
  });
  expect(understand("_restart app on web-1_").intent).toEqual({
    ...restart,
    target: "web-1",
    params: { service: "app" },
  });
});

describe("an emergency", () => {
  test.each([
    ["break glass: the database is down", { kind: "break_glass", reason: "the database is down" }],
    ["Break the glass because Jon is asleep", { kind: "break_glass", reason: "Jon is asleep" }],
    ["break glass", { kind: "break_glass" }],
    ["seal glass", { kind: "break_glass", end: true }],
    ["seal the glass", { kind: "break_glass", end: true }],
    ["end break glass", { kind: "break_glass", end: true }],
  ])("is declared and ended by an exact command: %s", (text, intent) => {
    expect(understand(text)).toMatchObject({ intent, source: "command" });
  });

  test.each([
    "please break glass: the database is down",
    "mara said break glass: the database is down",
    "should I break glass: the database is down?",
    "> break glass: the database is down",
    '"break glass: the database is down"',
    "we may have to break the glass",
    "do not break glass: never",
    "use break glass mode",
  ])("is never taken from `%s`", (text) => {
    expect(understand(text).intent.kind).not.toBe("break_glass");
  });
});

describe("a practice", () => {
  test.each(["drill approval", "practice approval", "Practise approval"])("%s", (text) => {
    expect(understand(text)).toMatchObject({
      intent: { kind: "remediate", runbook: "practice" },
      source: "command",
    });
  });

  test("has no subject, also in the thread of an incident", () => {
    const { intent } = understand("drill approval", { thread: { incident: "inc-3", plan: "plan-4" } });
    expect(intent).toEqual({ kind: "remediate", runbook: "practice" });
  });
});

test("who is asked for help in a thread is asked about its plan", () => {
  const thread = { incident: "inc-3", plan: "plan-4" };
  expect(understand("escalate", { thread }).intent).toEqual({ kind: "escalate", id: "plan-4" });
  expect(understand("escalate plan-9", { thread }).intent).toEqual({ kind: "escalate", id: "plan-9" });
  expect(understand("page the next person for plan-9").intent).toEqual({ kind: "escalate", id: "plan-9" });
});
