import fc from "fast-check";
import { expect, test } from "vitest";
import { ourDocuments } from "./documents.ts";
import { sessionPolicy, sessionPolicyLimit, type SessionScope } from "./session-policy.ts";
import { identityText } from "./sessions.ts";

const here = { partition: "aws", region: "eu-central-1", account: "123456789012" };
const web1 = "i-0a1b2c3d4e5f60001";
const group = (name: string) =>
  `arn:aws:autoscaling:eu-central-1:123456789012:autoScalingGroup:0f1e-2d3c:autoScalingGroupName/${name}`;
const targetGroup =
  "arn:aws:elasticloadbalancing:eu-central-1:123456789012:targetgroup/web-tg/50dc6c495c0c9188";

type Policy = { Statement: { Effect: string; Action: string[]; Resource: string[]; Condition?: unknown }[] };

function build(parts: Partial<SessionScope>) {
  const built = sessionPolicy({ ...here, instanceIds: [], groupArns: [], targetGroupArns: [], ...parts });
  return built.ok ? { ...built, read: JSON.parse(built.policy) as Policy } : built;
}

test("a session for one instance names that instance, our documents and nothing else", () => {
  const built = build({ instanceIds: [web1] });
  const instance = `arn:aws:ec2:eu-central-1:123456789012:instance/${web1}`;
  expect(built).toMatchObject({
    ok: true,
    read: {
      Statement: [
        {
          Effect: "Allow",
          Action: ["ec2:RebootInstances", "ec2:StartInstances", "ec2:StopInstances", "ssm:SendCommand"],
          Resource: [instance],
        },
        {
          Effect: "Allow",
          Action: ["ssm:SendCommand"],
          Resource: ourDocuments.map((name) => `arn:aws:ssm:eu-central-1:123456789012:document/${name}`),
        },
        {
          Effect: "Allow",
          Action: ["ec2:ModifyInstanceAttribute"],
          Resource: [instance],
          Condition: { StringEqualsIgnoreCase: { "ec2:Attribute": "InstanceType" } },
        },
      ],
    },
  });
});

test("a session for a group names it, and a pattern in its name is no pattern to IAM", () => {
  const built = build({ groupArns: [group("web-*?$")], targetGroupArns: [targetGroup] });
  expect(built.ok && built.read.Statement.map(({ Resource }) => Resource)).toEqual([
    [group("web-${*}${?}${$}")],
    [targetGroup],
  ]);
});

test("a plan that names nothing gets no session, and one that names too much neither", () => {
  expect(build({})).toMatchObject({ ok: false, reason: "nothing" });
  const many = Array.from({ length: 40 }, (_, n) => `i-${n.toString(16).padStart(17, "0")}`);
  expect(build({ instanceIds: many })).toMatchObject({ ok: false, reason: "too_large" });
  expect(build({ instanceIds: many.slice(0, 5) }).ok).toBe(true);
});

test.each([
  ["a pattern", { instanceIds: ["*"] }],
  ["a pattern in an id", { instanceIds: ["i-0a1b2c3d4e5f6000*"] }],
  ["a variable", { instanceIds: ["${aws:username}"] }],
  ["a group of another account", { groupArns: [group("web").replace("123456789012", "999999999999")] }],
  ["a group of another region", { groupArns: [group("web").replace("eu-central-1", "us-east-1")] }],
  ["a group's name instead of its ARN", { groupArns: ["web"] }],
  ["every target group", { targetGroupArns: [targetGroup.replace("web-tg", "*")] }],
  ["another account's shape", { instanceIds: [web1], account: "*" }],
  ["another region's shape", { instanceIds: [web1], region: "*" }],
])("%s is refused", (_, parts) => {
  expect(build(parts)).toMatchObject({ ok: false, reason: "not_a_name" });
});

test("whatever is asked for, a session is refused or reaches named things only, and fits", () => {
  const nasty = fc.oneof(fc.string({ unit: "binary" }), fc.constantFrom("*", "?", "${x}", "i-*", '","*"]'));
  const id = fc.oneof(
    nasty,
    fc
      .string({ unit: fc.constantFrom(..."0123456789abcdef"), minLength: 17, maxLength: 17 })
      .map((hex) => `i-${hex}`),
  );
  const arn = fc.oneof(nasty, nasty.map(group), fc.string().map(group), fc.constant(targetGroup));
  const list = (item: fc.Arbitrary<string>) => fc.array(item, { maxLength: 12 });
  fc.assert(
    fc.property(list(id), list(arn), list(arn), (instanceIds, groupArns, targetGroupArns) => {
      const built = build({ instanceIds, groupArns, targetGroupArns });
      if (!built.ok) return;
      expect(built.policy.length).toBeLessThanOrEqual(sessionPolicyLimit);
      for (const { Effect, Action, Resource } of built.read.Statement) {
        expect(Effect).toBe("Allow");
        expect(Action.join()).not.toContain("*");
        for (const resource of Resource) {
          expect(resource.replace(/\$\{[*?$]\}/g, "")).not.toMatch(/[*?$]/);
          const named = [...instanceIds, ...groupArns, ...targetGroupArns, ...ourDocuments];
          const plain = resource.replace(/\$\{([*?$])\}/g, "$1");
          expect(named.some((name) => plain.endsWith(name))).toBe(true);
        }
      }
    }),
    { numRuns: 2000 },
  );
});

test("a name for AWS's trail is always one that AWS takes", () => {
  expect(identityText("exec-plan-17")).toBe("exec-plan-17");
  expect(identityText("slack:T1/U1")).toBe("slack-T1-U1");
  fc.assert(
    fc.property(fc.string({ unit: "binary" }), (text) => {
      expect(identityText(text)).toMatch(/^[A-Za-z0-9_+=,.@-]{2,64}$/);
    }),
  );
});
