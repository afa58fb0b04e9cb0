import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { teamPolicy } from "../fixtures/fakes/core.ts";
import { approvalAsked, certainlyDistinct, may, peopleWith, personOf, verbs, type Verb } from "./people.ts";
import { demoPolicy, denyAllPolicy, parsePolicy, roles } from "./policy.ts";

const policy = teamPolicy();
const speaker = (identity: string, groups: string[] = [], outsider = false) => ({
  identity,
  name: "n",
  groups,
  outsider,
});

describe("who somebody is", () => {
  it("is one person on every linked surface", () => {
    expect(personOf(policy, speaker("slack:T1/U3")).id).toBe("mara");
    expect(personOf(policy, speaker("discord:G1/U3"))).toMatchObject({
      id: "mara",
      name: "Mara",
      role: "approver",
    });
  });

  it("comes from groups where nobody is listed, and never for outsiders", () => {
    expect(personOf(policy, speaker("slack:T1/U50", ["slack:T1/S7"])).role).toBe("approver");
    expect(
      personOf(policy, speaker("slack:T1/U50", ["slack:T2/S7", "__proto__", "constructor"])).role,
    ).toBeNull();
    expect(personOf(policy, speaker("slack:T1/U50", ["slack:T1/S7"], true)).role).toBeNull();
    expect(personOf(policy, speaker("slack:T1/U3", [], true)).role).toBeNull();
    expect(personOf(policy, speaker("slack:T1/U9", ["slack:T1/S7"])).role).toBe("viewer");
  });

  it("is not known by the same user id elsewhere", () => {
    for (const identity of [
      "slack:T2/U3",
      "discord:G1/U1 ",
      "console:mara",
      "mara",
      "key:mara",
      "system",
      "",
    ]) {
      expect(personOf(policy, speaker(identity)).role).toBeNull();
    }
  });
});

describe("what somebody may do", () => {
  it("follows the role for every verb, and nothing follows from no role", () => {
    for (const verb of Object.keys(verbs) as Verb[]) {
      const least = verbs[verb];
      for (const role of [null, ...roles]) {
        const allowed = may({ id: "x", name: "x", role, identities: [] }, verb, policy).ok;
        const expected = least === null || (role !== null && roles.indexOf(role) >= roles.indexOf(least));
        expect([verb, role, allowed]).toEqual([verb, role, expected]);
      }
    }
  });

  it("is nothing but looking without a policy, and the refusal says why", () => {
    const denied = denyAllPolicy("SMARTCLOUDOPS_POLICY is not set");
    const admin = { id: "ada", name: "Ada", role: "admin" as const, identities: [] };
    for (const verb of Object.keys(verbs) as Verb[])
      expect(may(admin, verb, denied).ok).toBe(verb === "look");
    expect(may(admin, "approve", denied)).toMatchObject({
      reason: "no_policy",
      message: expect.stringContaining("SMARTCLOUDOPS_POLICY is not set"),
    });
    expect(peopleWith(denied, "approver")).toEqual([]);
  });

  it("is refused with the names of those who may", () => {
    const refusal = may(personOf(policy, speaker("slack:T1/U1")), "approve", policy);
    expect(refusal).toMatchObject({
      reason: "not_allowed",
      message: expect.stringContaining("Approvers now: Mara, Jon, Ada, members of slack:T1/S7"),
    });
  });

  it("in the demo is approving for the local console alone", () => {
    const demo = demoPolicy();
    expect(may(personOf(demo, speaker("console:local")), "approve", demo).ok).toBe(true);
    for (const identity of ["slack:T1/U1", "console:other", "key:local"]) {
      expect(may(personOf(demo, speaker(identity)), "propose", demo).ok).toBe(false);
    }
  });
});

describe("two people", () => {
  it("are two only when that is certain", () => {
    const pairs: [string, string, boolean][] = [
      ["mara", "jon", true],
      ["mara", "mara", false],
      ["slack:T1/U50", "slack:T1/U51", true],
      ["slack:T1/U50", "discord:G1/U51", false],
      ["slack:T1/U50", "slack:T2/U50", false],
      ["mara", "slack:T1/U50", true],
      ["mara", "console:x", false],
      ["jon", "slack:T1/U50", false],
      ["system", "mara", true],
      ["gone", "mara", false],
    ];
    for (const [one, other, distinct] of pairs) {
      expect([one, other, certainlyDistinct(policy, one, other)]).toEqual([one, other, distinct]);
      expect(certainlyDistinct(policy, other, one)).toBe(distinct);
    }
  });

  it("never come out of one id, whatever it is", () => {
    fc.assert(fc.property(fc.string(), (id) => !certainlyDistinct(policy, id, id)));
  });
});

describe("how many must approve", () => {
  it("follows the risk, and overrides only make it stricter", () => {
    const strict = parsePolicy(
      'people: {}\nactions: {reboot-instance: {approvers: 2}, clean-disk: {approvers: 1, role: admin}}\ntags: {"env=prod": {approvers: 3}}',
      "p.yaml",
    );
    const asked = (risk: 0 | 1 | 2 | 3, actions: string[] = [], tags: string[] = []) =>
      approvalAsked(strict, { risk, actions, tags });
    expect([0, 1, 2, 3].map((risk) => asked(risk as 0).approvers)).toEqual([0, 1, 1, 2]);
    expect(asked(2, ["reboot-instance"])).toEqual({ approvers: 2, role: "approver" });
    expect(asked(3, ["clean-disk"])).toEqual({ approvers: 2, role: "admin" });
    expect(asked(2, [], ["env=prod"]).approvers).toBe(3);
    expect(asked(2, ["__proto__", "toString"], ["constructor"])).toEqual({ approvers: 1, role: "approver" });
  });
});
