import { describe, expect, it } from "vitest";
import { runningInstance } from "../fixtures/fakes/cloud.ts";
import type { TargetState } from "./actions/target-state.ts";
import {
  type BlastRadius,
  blastRadius,
  type Facts,
  isCritical,
  radiusLines,
  riskOf,
  type TargetFacts,
} from "./blast-radius.ts";
import type { Change } from "./changes.ts";
import type { GroupView } from "./cloud.ts";

/** What a blast radius says of given facts, word by word: nothing is read or proposed here. */

const wall = Date.UTC(2026, 10, 21, 3, 10);
const stands = (parts: Partial<TargetState> = {}): TargetState => ({
  state: "running",
  type: "t3.micro",
  group: null,
  alert: "none",
  ...parts,
});
const target = (parts: Partial<TargetFacts> = {}): TargetFacts => ({
  name: "web-1",
  view: runningInstance(),
  course: [stands(), stands()],
  group: null,
  protection: null,
  type: null,
  newType: null,
  traffic: null,
  down: false,
  ...parts,
});
const radius = (facts: Partial<Facts> = {}): BlastRadius =>
  blastRadius({
    runbook: { stops: "app on {target}", wayBack: "start app again" },
    params: {},
    risk: 1,
    steps: [],
    targets: [target()],
    dependents: [],
    durations: [],
    record: null,
    changes: [],
    proofs: ["the instance runs"],
    unread: [],
    now: { wall, metric: wall / 1_000 },
    ...facts,
  });
const of = (parts: Partial<TargetFacts>, facts: Partial<Facts> = {}) =>
  radius({ targets: [target(parts)], ...facts });

describe("what stops", () => {
  const notMeasured = "How long that takes here is not measured yet";

  it.each([
    ["", 1, ""],
    ["app on {target}", 0, "Stops app on web-1."],
    ["app in {group}", 1, `Stops app in {group}. ${notMeasured}.`],
    ["app for nothing but a moment", 1, `Stops app for nothing but a moment. ${notMeasured}.`],
  ] as const)('"%s" at risk %i is told as "%s"', (stops, risk, said) => {
    expect(radius({ runbook: { stops, wayBack: "" }, risk }).stops).toBe(said);
  });

  it("nothing has no duration, and one sentence for several targets alike", () => {
    const targets = [target(), target({ name: "web-2" })];
    const stops = "nothing; it only reads";
    expect(radius({ runbook: { stops, wayBack: "" }, targets }).stops).toBe("Stops nothing; it only reads.");
  });

  it("names the group of a member", () => {
    const group = { name: "web-asg", min: 1, max: 3, desired: 2, lifecycle: "InService" };
    const runbook = { stops: "one of {group}", wayBack: "" };
    expect(of({ course: [stands({ group })] }, { runbook }).stops).toContain("Stops one of web-asg.");
    expect(of({ course: [] }, { runbook }).stops).toContain("Stops one of {group}.");
  });

  it.each([
    [[400], "it took under 1 s here (one run)"],
    [[1_000], "it took about 1 s here (one run)"],
    [[4_000, 6_000, 9_000], "it took about 6 s here (median of 3 runs)"],
  ])("runs of %j ms are told as %s", (durations, said) => {
    expect(radius({ durations }).stops).toBe(
      `Stops app on web-1. ${said[0]?.toUpperCase()}${said.slice(1)}.`,
    );
  });

  it.each([
    [0, 1, "no requests at 03:10 UTC"],
    [0.04, 3, "no requests at 03:10 UTC"],
    [0.46, 1, "0.5 requests a second at 03:10 UTC, and this is the only target of app"],
    [1, 1, "1 request a second at 03:10 UTC, and this is the only target of app"],
    [10, 2, "10 requests a second at 03:10 UTC, and this is one of 2 targets of app"],
    [41.4, 3, "41 requests a second at 03:10 UTC, and this is one of 3 targets of app"],
  ])("%f requests a second on %i targets are told as %s", (perSecond, targets, said) => {
    const { stops } = of({ traffic: { perSecond, service: "app", targets } });
    expect(stops).toBe(`Stops app on web-1. ${notMeasured}; ${said}.`);
  });

  it("a service that is down serves nobody and loses no requests", () => {
    const runbook = { stops: "app; requests in flight are lost; caches are cold", wayBack: "" };
    const traffic = { perSecond: 3, service: "app", targets: 1 };
    expect(of({ down: true, traffic }, { runbook }).stops).toBe(
      `Stops app; caches are cold. ${notMeasured}; it serves nobody, its service is down.`,
    );
    expect(of({}, { runbook }).stops).toContain("requests in flight are lost");
  });
});

describe("what is lost", () => {
  const stopped = [stands(), stands({ state: "stopped" }), stands()];
  const [publicIp, stored] = ["203.0.113.7", { instanceStore: true, freeTier: true, architectures: [] }];

  it.each<[string, Partial<TargetFacts>, string[]]>([
    [
      "an address that is lent",
      { view: runningInstance({ publicIp }) },
      ["web-1 loses its public address 203.0.113.7 (no Elastic IP)."],
    ],
    ["an address of its own", { view: runningInstance({ publicIp, elasticIp: true }) }, []],
    ["no address", {}, []],
    [
      "a root on instance store",
      { view: runningInstance({ rootInstanceStore: true }), type: stored },
      ["web-1 runs from an instance store: all of it is lost."],
    ],
    ["disks of the type", { type: stored }, ["What lies on the instance store of web-1 (t3.micro) is lost."]],
    ["a type without disks", { type: { ...stored, instanceStore: false } }, []],
  ])("by a stop, with %s", (_, parts, said) => {
    expect(of({ course: stopped, ...parts }).losses).toEqual(said);
    // What does not stop, and what is stopped already, loses nothing.
    expect(of({ ...parts, course: [stands(), stands()] }).losses).toEqual([]);
    expect(of({ ...parts, course: [stands({ state: "stopped" }), stands()] }).losses).toEqual([]);
  });

  it.each([
    [{ termination: true, stop: false }, ["EC2 protects web-1 against termination."]],
    [{ termination: false, stop: true }, ["EC2 protects web-1 against stopping."]],
    [{ termination: true, stop: true }, ["EC2 protects web-1 against termination and stopping."]],
    [{ termination: false, stop: false }, []],
  ])("is protected by %j", (protection, said) => {
    expect(of({ protection }).losses).toEqual(said);
  });
});

describe("the capacity of a group", () => {
  const at = (desired: number, lifecycle = "InService") =>
    stands({ group: { name: "web-asg", min: 2, max: 8, desired, lifecycle } });
  const group = (...members: (readonly [string, boolean])[]): GroupView => ({
    name: "web-asg",
    min: 2,
    max: 8,
    desired: members.length,
    members: members.map(([lifecycle, healthy], n) => ({ instanceId: `i-${n}`, lifecycle, healthy })),
  });
  const well = ["InService", true] as const;
  const out = ["Standby", true] as const;

  it.each<[string, Partial<TargetFacts>, string[]]>([
    ["none", { course: [] }, []],
    ["of which nobody tells", { course: [at(3), at(3)] }, ["In web-asg: desired stays 3 (limits 2 to 8)."]],
    ["that grows", { course: [at(3), at(5)] }, ["In web-asg: desired 3 -> 5 (limits 2 to 8)."]],
    [
      "that is smaller for a while",
      { course: [at(3), at(2), at(3)] },
      ["In web-asg: desired 3 -> 2, then 3 again (limits 2 to 8)."],
    ],
    [
      "that is left half way",
      { course: [at(3), stands(), at(3)] },
      ["In web-asg: desired stays 3 (limits 2 to 8)."],
    ],
    [
      "that shrinks",
      { course: [at(4), at(2)], group: group(well, well, well, well) },
      ["Affects 2 of 4 in web-asg: 2 stay in service; desired 4 -> 2 (limits 2 to 8)."],
    ],
    [
      "with one out of service",
      { course: [at(3), at(3)], group: group(well, well, out) },
      ["Affects 1 of 3 in web-asg: 1 stays in service; desired stays 3 (limits 2 to 8)."],
    ],
    [
      "from which a member that is out is taken",
      { course: [at(3, "Standby"), at(3)], group: group(well, well, out) },
      ["Affects 1 of 3 in web-asg: 2 stay in service; desired stays 3 (limits 2 to 8)."],
    ],
    [
      "whose member is stopped already",
      { view: runningInstance({ state: "stopped" }), course: [at(2), at(2)], group: group(well, well) },
      ["Affects 1 of 2 in web-asg: 2 stay in service; desired stays 2 (limits 2 to 8)."],
    ],
    [
      "with a sick member",
      { course: [at(3), at(3)], group: group(well, well, ["InService", false]) },
      [
        "Affects 1 of 3 in web-asg: 1 stays in service; desired stays 3 (limits 2 to 8); 1 unhealthy already.",
      ],
    ],
  ])("%s", (_, parts, said) => {
    expect(of(parts).capacity).toEqual(said);
  });
});

describe("what it costs", () => {
  const tier = (freeTier: boolean) => ({ instanceStore: false, freeTier, architectures: [] });
  const larger = [stands(), stands({ type: "t3.small" })];
  const price = "$0.0104 -> $0.0208 an hour, about $8 a month more (on demand, Linux, us-east-1).";

  it.each<[string, Partial<TargetFacts>, string[]]>([
    ["the same type", {}, []],
    ["no course", { course: [] }, []],
    ["another type", { course: larger }, [`t3.micro -> t3.small: ${price}`]],
    [
      "out of the free tier",
      { course: larger, type: tier(true), newType: tier(false) },
      [`t3.micro -> t3.small: leaves the free tier; ${price}`],
    ],
    [
      "within it",
      { course: larger, type: tier(true), newType: tier(true) },
      [`t3.micro -> t3.small: ${price}`],
    ],
    [
      "outside it before",
      { course: larger, type: tier(false), newType: tier(false) },
      [`t3.micro -> t3.small: ${price}`],
    ],
    ["an unknown new tier", { course: larger, type: tier(true) }, [`t3.micro -> t3.small: ${price}`]],
    [
      "a recorded instance",
      { course: larger, view: runningInstance({ type: "recorded" }) },
      ["Becomes t3.small: the difference in price is not known here."],
    ],
  ])("with %s", (_, parts, said) => {
    expect(of(parts).cost).toEqual(said);
  });
});

describe("what else is told", () => {
  const names = (count: number) => Array.from({ length: count }, (_, n) => `api-${n + 1}`);

  it.each([
    [0, ""],
    [1, "api-1 depends on it."],
    [3, "3 targets depend on it: api-1, api-2, api-3."],
    [4, "4 targets depend on it: api-1, api-2, api-3 and 1 more."],
  ])("of %i dependents", (count, said) => {
    expect(radius({ dependents: names(count) }).dependents).toBe(said);
  });

  it.each([
    [0, ""],
    [
      2,
      "Changed before this: deploy v1 at 02:58 UTC (12 min before); deploy v2 at 02:58 UTC (12 min before).",
    ],
    [
      3,
      "Changed before this: deploy v1 at 02:58 UTC (12 min before); deploy v2 at 02:58 UTC (12 min before); and 1 more.",
    ],
  ])("of %i changes before", (count, said) => {
    const at = wall - 720_000;
    const changes = Array.from(
      { length: count },
      (_, n) => ({ kind: "deploy", title: `v${n + 1}`, by: null, at, metricAt: at / 1_000 }) as Change,
    );
    expect(radius({ changes }).before).toBe(said);
  });

  it("the record of what disturbs, and none of what only reads or has no cause", () => {
    const record = { cured: 0, tried: 0, unverified: 0, medianCureSeconds: null, lastFailureAt: null };
    expect(radius({ record }).record).toBe("Not tried for this cause here yet.");
    expect(radius({ record, risk: 0 }).record).toBe("");
    expect(radius().record).toBe("");
  });

  it("each proof once, what could not be read, and the way back of the runbook and of the plan", () => {
    const told = radius({
      proofs: ["a", "b", "a"],
      unread: ["the traffic", "the group"],
      runbook: { stops: "", wayBack: "size {size} again" },
      params: { size: "t3.micro" },
    });
    expect(told).toMatchObject({
      proof: "Precheck passed: a; b.",
      unread: "Not checked, because it could not be read: the traffic; the group.",
      wayBack: "Way back: size t3.micro again.",
    });
    expect(radius().unread).toBe("");
  });

  it("in lines, the most important first, none of them empty", () => {
    const [stops, losses, capacity] = ["stops", ["lost", "too"], ["capacity"]];
    const empty = { stops: "", losses: [], capacity: [], dependents: "", cost: [], before: "" };
    const rest = { record: "", proof: "", wayBack: "", unread: "" };
    expect(radiusLines({ ...empty, ...rest })).toEqual([]);
    expect(radiusLines({ ...empty, ...rest, capacity })).toEqual(["capacity"]);
    const all = { stops, losses, capacity, dependents: "dependents", cost: ["cost"], before: "before" };
    const others = { record: "record", proof: "proof", wayBack: "way back", unread: "unread" };
    expect(radiusLines({ ...all, ...others })).toEqual([
      "stops",
      "lost too",
      "capacity dependents",
      "cost",
      "unread",
      "before",
      "record",
      "proof",
      "way back",
    ]);
  });
});

describe("the risk of a plan", () => {
  const plain = { tags: { team: "core" } };
  const critical = { tags: { Critical: "yes" } };

  it("is the largest, three with two targets or a critical one, and stays none for reading", () => {
    expect(riskOf([0, 2, 1], [plain])).toBe(2);
    expect(riskOf([1], [plain, plain])).toBe(3);
    expect(riskOf([1], [critical])).toBe(3);
    expect(riskOf([0], [critical, plain])).toBe(0);
    expect(riskOf([], [])).toBe(0);
  });

  it.each([
    [{ tier: " Critical " }, true],
    [{ " CRITICAL ": "" }, true],
    [{ critical: " No " }, false],
    [{ critical: "false" }, false],
    [{ critical: "0" }, false],
    [{ critic: "yes" }, false],
    [{ team: "core", critical: "1" }, true],
    [{}, false],
  ])("calls tags %j critical: %s", (tags, said) => {
    expect(isCritical({ tags: tags as Record<string, string> })).toBe(said);
  });
});
