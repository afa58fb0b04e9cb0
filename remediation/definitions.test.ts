import { readdirSync, readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { findAction } from "./actions/actions.ts";
import { formatDuration, parseDuration } from "./duration.ts";
import { openIncident } from "../fixtures/fakes/incident.ts";
import type { Incident } from "./incident.ts";
import { demoPolicy, denyAllPolicy, parsePolicy, policyJsonSchema } from "./policy.ts";
import { matchRule, parseRules, rulesJsonSchema } from "./rules.ts";
import { fillParams, findRunbook, parseRunbook, parseRunbooks, runbookJsonSchema } from "./runbook.ts";
import { DefinitionError } from "./yaml-file.ts";

const folder = new URL("./runbooks/", import.meta.url);
const runbooks = parseRunbooks(
  readdirSync(folder).map((file) => ({ file, text: readFileSync(new URL(file, folder), "utf8") })),
);
const rules = parseRules(readFileSync(new URL("./rules.yaml", import.meta.url), "utf8"), "rules.yaml");

/** Stands in where nothing was thrown: no problem list looks like it. */
function problemsOf(work: () => unknown): readonly string[] {
  try {
    work();
  } catch (error) {
    if (error instanceof DefinitionError) return error.problems;
    throw error;
  }
  return ["nothing was wrong"];
}

describe("durations", () => {
  it("are read and written in Prometheus syntax", () => {
    expect(["90s", "1h30m", "15m", "0", "2d"].map(parseDuration)).toEqual([
      90_000, 5_400_000, 900_000, 0, 172_800_000,
    ]);
    expect(["", "5", "m", "5 m", "-5m", "5M", "1h30"].map(parseDuration)).toEqual(Array(7).fill(null));
    expect([5_400_000, 61_000, 0, 999].map(formatDuration)).toEqual(["1h30m", "1m1s", "0s", "1s"]);
  });
});

describe("policy files", () => {
  it("have the documented defaults where they say nothing", () => {
    expect(parsePolicy("people: {}", "policy.yaml")).toMatchObject({
      people: {},
      requesterMayApprove: false,
      denied: null,
      limits: {
        targets_per_plan: 1,
        cooldown: 1_800_000,
        tries: 2,
        tries_window: 21_600_000,
        expiry: 900_000,
        run_grace: 300_000,
        disruptions_per_service: 1,
        disruptions_per_10m: 3,
        disruptions_per_hour: 6,
        proposals_per_10m: 3,
        messages_per_minute: 30,
        message_burst: 10,
      },
    });
  });

  it("are refused with file, line and column of everything that is wrong", () => {
    const text = [
      "people:",
      '  mara: {role: boss, identities: ["slack:T1/U1"]}',
      '  jon: {role: approver, identities: ["mail:jon"]}',
      "limits:",
      "  cooldown: soon",
      "  tires: 3",
    ].join("\n");
    const problems = problemsOf(() => parsePolicy(text, "policy.yaml"));
    expect(problems).toHaveLength(4);
    expect(problems[0]).toMatch(/^policy\.yaml:2:16 people\.mara\.role: /);
    expect(problems[1]).toMatch(/^policy\.yaml:3:38 people\.jon\.identities\.0: write slack:TEAM\/USER/);
    expect(problems.join("\n")).toMatch(/policy\.yaml:5:13 limits\.cooldown: "soon" is no duration/);
    expect(problems.join("\n")).toMatch(/policy\.yaml:6:3 limits: .*tires/);
  });

  it("are refused when an identity belongs to two people, a key is repeated or a person is called system", () => {
    const shared =
      'people: {a: {role: viewer, identities: ["key:1"]}, b: {role: admin, identities: ["key:1"]}}';
    expect(problemsOf(() => parsePolicy(shared, "p.yaml")).join()).toContain("key:1 belongs to a already");
    expect(problemsOf(() => parsePolicy("people: {}\npeople: {}", "p.yaml")).join()).toMatch(/^p\.yaml:2:1 /);
    const reserved = 'people: {system: {role: viewer, identities: ["key:1"]}}';
    expect(problemsOf(() => parsePolicy(reserved, "p.yaml")).join()).toContain("the bot's own");
  });

  it("whose aliases unfold into millions are refused with their place", () => {
    const lines = ["a: &a0 [x, x, x, x, x, x, x, x, x, x]"];
    for (let level = 1; level < 9; level++)
      lines.push(
        `b${level}: &a${level} [${Array(10)
          .fill(`*a${level - 1}`)
          .join(", ")}]`,
      );
    expect(problemsOf(() => parsePolicy(lines.join("\n"), "p.yaml"))).toEqual([
      expect.stringMatching(/^p\.yaml:2:10 aliases repeat more than 20 parts; write the parts out/),
    ]);
  });

  it("may not be anything but a mapping", () => {
    for (const text of ["", "[]", "just text", "- a", "42", "people: [", "a: &a [*a]"]) {
      expect(problemsOf(() => parsePolicy(text, "p.yaml"))[0]).toMatch(/^p\.yaml:\d+:\d+ /);
    }
  });

  it("change their hash with what they say, not with how it is written", () => {
    const one = parsePolicy("limits: {tries: 3}", "one.yaml");
    expect(parsePolicy("# a comment\nlimits:\n  tries: 3\n", "two.yaml").hash).toBe(one.hash);
    expect(parsePolicy("limits: {tries: 4}", "one.yaml").hash).not.toBe(one.hash);
    expect(denyAllPolicy("no file").hash).not.toBe(demoPolicy().hash);
  });

  it("are published as a JSON Schema", () => {
    for (const schema of [runbookJsonSchema(), rulesJsonSchema()])
      expect(schema).toMatchObject({ type: "object" });
    expect(policyJsonSchema()).toMatchObject({ type: "object", properties: { limits: { type: "object" } } });
  });
});

describe("runbooks", () => {
  const names = (
    "change-type clean-disk diagnostics instance-refresh new-hardware put-back reboot restart-service scale start " +
    "stop tail-logs take-out"
  ).split(" ");

  it("of the package use actions that exist, with parameters these accept", () => {
    expect(runbooks.map((runbook) => runbook.name)).toEqual(names);
    for (const runbook of runbooks)
      for (const step of runbook.steps) expect(findAction(step.action)).not.toBeNull();
  });

  it("are found by name and alias in any case", () => {
    expect(findRunbook(runbooks, " Bounce ")?.name).toBe("restart-service");
    expect(findRunbook(runbooks, "explode")).toBeNull();
  });

  it("take a parameter from the person, else from the target's tag, and only what matches its pattern", () => {
    const restart = findRunbook(runbooks, "restart-service");
    if (!restart) throw new Error("the package has no restart-service");
    expect(fillParams(restart, { service: "nginx" }, { service: "app" })).toEqual({
      ok: true,
      params: { service: "nginx" },
    });
    expect(fillParams(restart, {}, { service: "app" })).toEqual({ ok: true, params: { service: "app" } });
    expect(fillParams(restart, {}, {})).toMatchObject({
      ok: false,
      message: expect.stringContaining("needs service"),
    });
    for (const service of ["app; reboot", "$(id)", "a b", "", "-rf", "x".repeat(65), "app\n", "__proto__ "]) {
      expect(fillParams(restart, { service }, {})).toMatchObject({ ok: false });
    }
    expect(fillParams(restart, { target: "web-2" }, { service: "app" })).toMatchObject({ ok: false });
  });

  it("with an open-ended pattern, an unknown key or a shared name are refused", () => {
    const base = "name: x\ntitle: X\neffect: x\nsteps: [{action: reboot-instance}]\n";
    expect(problemsOf(() => parseRunbook(`${base}params: {a: {pattern: "a+"}}`, "x.yaml")).join()).toContain(
      "begin with ^",
    );
    expect(
      problemsOf(() => parseRunbook(`${base}params: {a: {pattern: "^(a$"}}`, "x.yaml")).join(),
    ).toContain("no regular expression");
    expect(problemsOf(() => parseRunbook(`${base}shell: rm`, "x.yaml")).join()).toContain("x.yaml:5:1");
    expect(() =>
      parseRunbooks([
        { file: "a.yaml", text: base },
        { file: "b.yaml", text: base },
      ]),
    ).toThrow(/a\.yaml is called/);
  });
});

describe("rules", () => {
  const signal = (metric: string, direction: "above" | "below" = "above") => ({
    metric,
    direction,
    share: 0.3,
  });
  const matched = (...signals: ReturnType<typeof signal>[]) =>
    matchRule(incidentWith(signals), { tags: {} }, rules)?.runbook ?? null;

  it("of the package name runbooks of the package", () => {
    for (const rule of rules) expect(findRunbook(runbooks, rule.runbook)).not.toBeNull();
  });

  it("propose by what explains the incident", () => {
    expect(matched(signal("memory_usage_bytes"), signal("memory_usage_percent"))).toBe("restart-service");
    expect(matched(signal("memory_usage_bytes"), signal("requests_per_second"))).toBeNull();
    expect(matched(signal("disk_write_bytes_per_second"), signal("disk_usage_percent"))).toBe("clean-disk");
    expect(matched(signal("requests_per_second", "below"), signal("service_up", "below"))).toBe(
      "restart-service",
    );
    expect(matched(signal("error_rate"))).toBe("restart-service");
    expect(matched(signal("response_time_p95_seconds"))).toBe("restart-service");
    expect(
      matched(signal("cpu_usage_percent"), signal("load1"), signal("response_time_p95_seconds")),
    ).toBeNull();
    expect(matched(signal("disk_usage_percent", "below"))).toBeNull();
    expect(matched()).toBeNull();
  });

  it("with an unknown key, cause or a second rule of a name are refused", () => {
    expect(
      problemsOf(() => parseRules("rules: [{name: a, when: {metrics: [x]}, runbook: r}]", "r.yaml")).join(),
    ).toMatch(/^r\.yaml:1:/);
    const twice = "rules: [{name: a, when: {}, runbook: r}, {name: a, when: {}, runbook: r}]";
    expect(problemsOf(() => parseRules(twice, "r.yaml")).join()).toContain('a second rule "a"');
  });

  it("that can never work are refused with their place, where it is known what there is", () => {
    const text = [
      "rules:",
      "  - name: typo",
      "    when: {leading: [cpu_usage_percent, cpu_usage], usual: [disc]}",
      "    runbook: restart-servce",
      "  - name: param",
      "    when: {among: [cpu_usage_percent]}",
      "    runbook: restart-service",
      "    params: {service: nginx, force: yes please}",
    ].join("\n");
    const known = { runbooks, metrics: ["cpu_usage_percent"] };
    expect(problemsOf(() => parseRules(text, "r.yaml", known))).toEqual([
      'r.yaml:3:41 rules.0.when.leading.1: no metric of the catalog is called "cpu_usage"',
      'r.yaml:3:61 rules.0.when.usual.0: no metric of the catalog is called "disc"',
      'r.yaml:4:14 rules.0.runbook: there is no runbook "restart-servce"; there are: ' +
        runbooks.map(({ name }) => name).join(", "),
      'r.yaml:8:37 rules.1.params.force: restart-service has no parameter "force"; it takes: service',
    ]);
    expect(parseRules(text, "r.yaml")).toHaveLength(2);
  });
});

function incidentWith(signals: Incident["signals"]): Incident {
  return openIncident({
    signals,
    metric: signals[0]?.metric ?? null,
    direction: signals[0]?.direction ?? null,
  });
}
