import { describe, expect, test } from "vitest";
import { commands } from "./commands.ts";
import { commandWords, kindOfCommand, parseCommand } from "./parse-command.ts";
import { suggestCommand } from "./suggest-command.ts";

describe("exact commands", () => {
  test.each([
    ["status", { kind: "status" }],
    ["status web-1", { kind: "status", target: "web-1" }],
    ["check web-1 1h", { kind: "anomaly_check", target: "web-1", window: "1h" }],
    ["explain inc-3", { kind: "explain", id: "inc-3" }],
    ["chart cpu web-1 3h", { kind: "chart", metric: "cpu_usage_percent", target: "web-1", window: "3h" }],
    ["chart disk usage web-1", { kind: "chart", metric: "disk_usage_percent", target: "web-1" }],
    ["chart my_queue_depth web-1", { kind: "chart", metric: "my_queue_depth", target: "web-1" }],
    [
      "forecast memory web-1 24h",
      { kind: "forecast", metric: "memory_usage_percent", target: "web-1", horizon: "24h" },
    ],
    ["risk web-1", { kind: "failure_risk", target: "web-1" }],
    ["incidents web-1", { kind: "incidents", target: "web-1" }],
    ["ack INC-3", { kind: "acknowledge", id: "inc-3" }],
    ["silence inc-3 2h", { kind: "silence", id: "inc-3", duration: "2h" }],
    ["unsilence inc-3", { kind: "silence", id: "inc-3", over: true }],
    ["unmute web-4", { kind: "silence", target: "web-4", over: true }],
    ["check web-1 1h 30m", { kind: "anomaly_check", target: "web-1", window: "1h30m" }],
    ["check web-1 45min", { kind: "anomaly_check", target: "web-1", window: "45m" }],
    ["chart web-1", { kind: "chart", target: "web-1" }],
    ["chart memory_usage_mb web-1", { kind: "chart", metric: "memory_usage_mb", target: "web-1" }],
    ["resolve inc-3 because it was a Deploy", { kind: "resolve", id: "inc-3", reason: "it was a Deploy" }],
    [
      "remediate web-1 restart-service service=nginx because slow",
      {
        kind: "remediate",
        target: "web-1",
        runbook: "restart-service",
        params: { service: "nginx" },
        reason: "slow",
      },
    ],
    ["remediate inc-14 reboot", { kind: "remediate", id: "inc-14", runbook: "reboot" }],
    ["approve", { kind: "approve" }],
    ["approve plan-17", { kind: "approve", id: "plan-17" }],
    ["approve #17", { kind: "approve", id: "plan-17" }],
    ["approve plan-17 0a1b2c3d", { kind: "approve", id: "plan-17", digest: "0a1b2c3d" }],
    ["deny plan-17 because too risky", { kind: "deny", id: "plan-17", reason: "too risky" }],
    ["cancel plan-17", { kind: "cancel", id: "plan-17" }],
    ["rollback plan-17", { kind: "rollback", id: "plan-17" }],
    ["history web-1 7d", { kind: "history", target: "web-1", window: "7d" }],
    ["logs", { kind: "logs" }],
    ["promql rate(X_total[5m]) > 0", { kind: "promql", expr: "rate(X_total[5m]) > 0" }],
    ["promql `up`", { kind: "promql", expr: "up" }],
    ["train web-1 version 3", { kind: "train", target: "web-1", version: "3" }],
    ["train web-1 previous", { kind: "train", target: "web-1", version: "previous" }],
    ["help decide", { kind: "help", topic: "decide" }],
    ["help break glass", { kind: "help", topic: "break_glass" }],
    ["model web-1", { kind: "model_status", target: "web-1" }],
    ["backtest disk-clean 14d", { kind: "backtest", rule: "disk-clean", window: "14d" }],
    ["summary 12h", { kind: "summary", window: "12h" }],
    ["runbooks reboot", { kind: "runbooks", runbook: "reboot" }],
    ["pause because of a migration", { kind: "pause", reason: "of a migration" }],
    ["resume", { kind: "resume" }],
    ["feedback inc-12", { kind: "feedback", id: "inc-12" }],
    ["feedback inc-12 not-a-problem because backup", { kind: "feedback", id: "inc-12", reason: "backup" }],
    ["feedback inc-12 problem", { kind: "feedback", id: "inc-12", verdict: "problem" }],
    ["feedback inc-12 new-normal", { kind: "feedback", id: "inc-12", verdict: "new_normal" }],
    ["not a problem inc-12", { kind: "feedback", id: "inc-12" }],
    ["Not a problem: INC-12", { kind: "feedback", id: "inc-12" }],
    ["problem inc-12", { kind: "feedback", id: "inc-12", verdict: "problem" }],
    ["it was real inc-12", { kind: "feedback", id: "inc-12", verdict: "problem" }],
    ["it was a real problem inc-12", { kind: "feedback", id: "inc-12", verdict: "problem" }],
    ["new normal inc-12", { kind: "feedback", id: "inc-12", verdict: "new_normal" }],
    ["accept threshold-3", { kind: "feedback", id: "threshold-3", accept: true }],
    ["leave threshold-3", { kind: "feedback", id: "threshold-3", accept: false }],
    ["conclude plan-18 did-not-happen", { kind: "conclude", id: "plan-18", outcome: "did_not_happen" }],
    ["escalate inc-12", { kind: "escalate", id: "inc-12" }],
    ["help silence", { kind: "help", topic: "silence" }],
    ["ask what is iowait", { kind: "ask", question: "what is iowait" }],
  ] as const)("%s", (text, intent) => {
    expect(parseCommand(text)).toEqual(intent);
  });

  test.each([
    "not a problem inc-12?",
    "it was not real inc-12",
    "is it the new normal inc-12",
    "problem with inc-12",
    "accept threshold-3 and threshold-4",
    "accept inc-12",
    "status of web-1",
    "approve plan-17?",
    "approve inc-17",
    "approve plan-1 plan-2",
    "approve 0a1b2c3d",
    "silence inc-3 soon",
    "ack inc-1 banana",
    "check web-1 1h 2h",
    "check web-1 please",
    "status web-1 web-2",
    "check for anomalies",
    "help me",
    "close enough",
    "remediate web-1 a=1 a=2",
    "",
  ])("`%s` is none", (text) => {
    expect(parseCommand(text)).toBeNull();
  });

  test.each([
    ["silence inc-1 0s", { kind: "silence", id: "inc-1", duration: "0s" }],
    ["silence inc-1 500y", { kind: "silence", id: "inc-1", duration: "500y" }],
    ["silence inc-1 banana", { kind: "silence", id: "inc-1", duration: "banana" }],
    ["silence web-1 5", { kind: "silence", target: "web-1", duration: "5" }],
    ["check web-1 banana", { kind: "anomaly_check", target: "web-1", window: "banana" }],
    ["check web-1 -5m", { kind: "anomaly_check", target: "web-1", window: "-5m" }],
    ["check web-1 0s", { kind: "anomaly_check", target: "web-1", window: "0s" }],
    ["check 0s", { kind: "anomaly_check", window: "0s" }],
    ["check web-1 1h1h", { kind: "anomaly_check", target: "web-1", window: "1h1h" }],
    [
      "forecast memory web-1 -1h",
      { kind: "forecast", metric: "memory_usage_percent", target: "web-1", horizon: "-1h" },
    ],
    ["history web-1 0d", { kind: "history", target: "web-1", window: "0d" }],
    ["summary banana", { kind: "summary", window: "banana" }],
  ] as const)("a word in a duration's place is kept as typed, to be refused: %s", (text, intent) => {
    expect(parseCommand(text)).toEqual(intent);
  });

  test.each([
    ["chart nonsense web-1", { kind: "chart", metric: "nonsense", target: "web-1" }],
    ["chart Nonsense", { kind: "chart", metric: "nonsense" }],
    ["chart up", { kind: "chart", metric: "up" }],
    ["chart up web-1 1h", { kind: "chart", metric: "up", target: "web-1", window: "1h" }],
    ["chart __proto__ web-1", { kind: "chart", metric: "__proto__", target: "web-1" }],
    ["forecast nonsense web-1", { kind: "forecast", metric: "nonsense", target: "web-1" }],
  ] as const)("an unknown metric is kept as typed, to be refused: %s", (text, intent) => {
    expect(parseCommand(text)).toEqual(intent);
  });

  test("every kind has a command word of its own", () => {
    for (const [kind, command] of Object.entries(commands)) {
      expect(kindOfCommand(command.syntax.split(" ", 1)[0] ?? ""), command.syntax).toBe(kind);
    }
    expect(kindOfCommand("constructor")).toBeUndefined();
  });
});

describe("an unknown command", () => {
  test("is answered with the one it resembles", () => {
    expect(suggestCommand("staus web-1")).toBe("status");
    expect(suggestCommand("aprove plan-1")).toBe("approve");
    expect(suggestCommand("hsitory")).toBe("history");
  });

  test("is not guessed when nothing is near", () => {
    expect(suggestCommand("elephant")).toBeNull();
    expect(suggestCommand("")).toBeNull();
    expect(commandWords()).not.toContain("elephant");
  });
});
