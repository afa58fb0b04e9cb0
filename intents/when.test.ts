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
  ])("%s", (words, when) => {
    expect(takeWhen(words)).toEqual({ words: "reboot web-1", when });
  });

  test.each([
    "reboot web-1",
    "reboot web-1 tonight",
    "reboot web-1 at 25:00",
    "reboot web-1 at 99",
    "reboot web-1 tonight at 2 tomorrow",
    "restart nginx on web-1 at once",
    "restart nginx at web-2",
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
