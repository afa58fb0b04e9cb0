import { describe, expect, it } from "vitest";
import { teamPolicy } from "../fixtures/fakes/core.ts";
import { approvalAsked, certainlyDistinct, may, peopleWith, personOf } from "./people.ts";
import { demoPolicy, parsePolicy } from "./policy.ts";

const policy = teamPolicy();
const stranger = { identity: "slack:T1/U50", name: "Guest", groups: [], outsider: false };

describe("somebody whom the policy does not list", () => {
  it("is the one identity that speaks", () => {
    expect(personOf(policy, stranger)).toEqual({
      id: "slack:T1/U50",
      name: "Guest",
      role: null,
      identities: ["slack:T1/U50"],
    });
  });

  it("brings along why the surface does not vouch for them, listed or not; nobody else does", () => {
    const because = "you are a guest of another workspace";
    const outside = { ...stranger, outsider: true, groups: ["slack:T1/S7"], because };
    expect(personOf(policy, outside)).toMatchObject({ role: null, because });
    expect(personOf(policy, { ...outside, identity: "slack:T1/U3" })).toMatchObject({
      id: "mara",
      role: null,
      because,
    });
    expect(personOf(policy, { ...stranger, outsider: true })).not.toHaveProperty("because");
    expect(personOf(policy, { ...stranger, because })).not.toHaveProperty("because");
  });
});

describe("a refusal says", () => {
  const refused = (speaker: typeof stranger & { because?: string }, by = policy) => {
    const answer = may(personOf(by, speaker), "approve", by);
    return answer.ok ? "allowed" : answer.message;
  };

  it("what one is and who may instead", () => {
    const others = "Approvers now: Mara, Jon, Ada, members of slack:T1/S7, members of discord:G1/R7.";
    expect(refused(stranger)).toBe(
      `To approve one must be approver; the policy gives you no role. ${others}`,
    );
    expect(refused({ ...stranger, identity: "slack:T1/U1" })).toBe(
      `To approve one must be approver; your role is operator. ${others}`,
    );
    expect(refused({ ...stranger, outsider: true, because: "you are a guest" })).toBe(
      `To approve one must be approver; you are a guest. ${others}`,
    );
  });

  it("that nobody may, where the policy names nobody", () => {
    const nobody = parsePolicy('people: {vic: {role: viewer, identities: ["key:v"]}}', "p.yaml");
    expect(refused(stranger, nobody)).toMatch(/ The policy names no approver\.$/);
    expect(peopleWith(nobody, "approver")).toEqual([]);
    expect(peopleWith(policy, "admin")).toEqual(["Ada"]);
  });
});

it("somebody who decided before being listed is no second person beside the listed one", () => {
  expect(certainlyDistinct(policy, "mara", "slack:T1/U3")).toBe(false);
  expect(certainlyDistinct(policy, "slack:T1/U3", "mara")).toBe(false);
  expect(certainlyDistinct(policy, "slack:T1/U1", "mara")).toBe(true);
});

it("an action that an admin must approve needs one approval, also where its risk asks for none", () => {
  const strict = parsePolicy("actions: {read-logs: {role: admin}}", "p.yaml");
  const asked = (actions: string[]) => approvalAsked(strict, { risk: 0, actions, tags: [] });
  expect(asked(["read-logs"])).toEqual({ approvers: 1, role: "admin" });
  expect(asked(["other"])).toEqual({ approvers: 0, role: "approver" });
});

describe("a policy file", () => {
  const problem = (text: string) => {
    try {
      return parsePolicy(text, "p.yaml").name;
    } catch (error) {
      return String(error);
    }
  };

  it("is refused with the place of a reserved name and of an identity that is somebody else's", () => {
    expect(problem('people:\n  System: {role: viewer, identities: ["key:1"]}')).toMatch(
      /p\.yaml:2:\d+ people\.System: this name is the bot's own/,
    );
    const first = 'people:\n  a: {role: viewer, identities: ["key:1"]}\n';
    expect(problem(`${first}  b: {role: viewer, identities: ["key:2", "key:1"]}`)).toMatch(
      /p\.yaml:3:\d+ people\.b\.identities\.1: key:1 belongs to a already/,
    );
  });

  it("addresses people on call after they were reminded, never at the same time", () => {
    expect(problem("reminders: {after: 5m, escalate_after: 5m}")).toMatch(/longer than `after`/);
    expect(problem('reminders: {after: 5m, escalate_after: "0"}')).toBe("p.yaml");
  });
});

it("the policy of the first start lets its one person approve what they asked for, a minute apart", () => {
  expect(demoPolicy()).toMatchObject({
    name: "demo",
    denied: null,
    requesterMayApprove: true,
    limits: { cooldown: 60_000, tries: 50, disruptions_per_10m: 50, disruptions_per_hour: 200 },
  });
});
