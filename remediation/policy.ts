import { createHash } from "node:crypto";
import { z } from "zod";
import { durationOf, parseYamlFile } from "./yaml-file.ts";

export const roles = ["viewer", "operator", "approver", "admin"] as const;
export type Role = (typeof roles)[number];

/** 0 reads only, 1 is reversible, 2 disrupts one target, 3 disrupts several or a critical one. */
export type Risk = 0 | 1 | 2 | 3;

const duration = (standard: number) =>
  durationOf(z.string().describe("a duration like 90s, 5m or 1h30m")).prefault(`${standard}s`);
const count = (standard: number, most: number) => z.int().min(0).max(most).default(standard);

const limitsSchema = z.strictObject({
  targets_per_plan: z.int().min(1).max(100).default(1).describe("how many targets one plan may name"),
  cooldown: duration(1800).describe("quiet time per target and action, counted from the end of the last run"),
  tries: count(2, 1000).describe("runs on one target within tries_window, then it is quarantined"),
  tries_window: duration(21_600),
  expiry: duration(900).describe("how long a proposal may be approved"),
  run_grace: duration(300).describe("how long after its expiry an approved plan may still begin"),
  disruptions_per_service: z
    .int()
    .min(1)
    .max(1000)
    .default(1)
    .describe("at a time, until the verdict is known"),
  disruptions_per_10m: count(3, 10_000),
  disruptions_per_hour: count(6, 100_000),
  breaker_failures: z
    .int()
    .min(1)
    .max(100)
    .default(2)
    .describe("runs of one action in a row that failed or made it worse, then its breaker opens"),
  breaker_open: duration(3600).describe(
    "how long it stays open for people; for rules until a person closes it",
  ),
  proposals_per_10m: count(3, 10_000).describe("per person"),
  messages_per_minute: z.int().min(1).max(100_000).default(30).describe("per person"),
  message_burst: z.int().min(1).max(10_000).default(10).describe("per person"),
});

const autonomySchema = z.strictObject({
  cures: z
    .int()
    .min(1)
    .max(1000)
    .default(5)
    .describe("verified cures of one rule, remedy and service before each promotion"),
  objection: duration(600).describe("how long people may object to a plan under veto"),
  lasts: duration(2_592_000).describe("after which a promotion ends by itself"),
});

const remindersSchema = z
  .strictObject({
    after: duration(300).describe("after which people are reminded of a plan nobody decided; 0: never"),
    escalate_after: duration(600).describe("after which the people on call are addressed; 0: never"),
  })
  .refine((terms) => terms.escalate_after === 0 || terms.escalate_after > terms.after, {
    path: ["escalate_after"],
    message: "people are addressed after they were reminded, so it must be longer than `after`",
  });

const overrideSchema = z.strictObject({
  role: z.enum(["approver", "admin"]).optional().describe("the least role that may approve"),
  approvers: z.int().min(1).max(10).optional().describe("how many distinct people must approve"),
});

const identity = z
  .string()
  .regex(
    /^(slack:[A-Z0-9]+\/[A-Z0-9]+|discord:[A-Z0-9]+\/[A-Z0-9]+|console:[\w.-]+|key:[\w.-]+)$/,
    "write slack:TEAM/USER, discord:GUILD/USER, console:NAME or key:ID",
  );

const personSchema = z.strictObject({
  role: z.enum(roles),
  name: z.string().min(1).max(80).optional(),
  identities: z.array(identity).min(1),
});

const personId = z.string().regex(/^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$/, "letters, digits, dots and dashes");

const policySchema = z
  .strictObject({
    people: z.record(personId, personSchema).default({}),
    groups: z
      .record(
        z.string().regex(/^(slack|discord):[A-Z0-9]+\/[A-Z0-9]+$/, "write slack:TEAM/GROUP"),
        z.enum(roles),
      )
      .default({})
      .describe("Slack user groups and Discord roles, for people who are not listed"),
    requester_may_approve: z.boolean().default(false).describe("for teams of one; it is said on the card"),
    reminders: remindersSchema.prefault({}).describe("what happens while nobody answers"),
    on_call: z
      .array(personId)
      .max(20)
      .default([])
      .describe("whom an escalation addresses, in this order; empty: everybody listed who may approve"),
    break_glass: z
      .boolean()
      .default(true)
      .describe("whether an approver may, in an emergency and said aloud, approve alone for 15 minutes"),
    limits: limitsSchema.prefault({}),
    autonomy: autonomySchema.prefault({}).describe("what rules must show before they may decide alone"),
    actions: z
      .record(z.string(), overrideSchema)
      .default({})
      .describe("per action, stricter than its risk asks"),
    tags: z
      .record(z.string().regex(/^[^=]+=.*$/, "write key=value"), overrideSchema)
      .default({})
      .describe("per target tag, stricter than the risk asks"),
  })
  .superRefine((policy, check) => {
    for (const [index, id] of policy.on_call.entries()) {
      if (Object.hasOwn(policy.people, id)) continue;
      const message = `${id} is none of the people of this policy`;
      check.addIssue({ code: "custom", path: ["on_call", index], message });
    }
    const owners = new Map<string, string>();
    for (const [id, person] of Object.entries(policy.people)) {
      if (id.toLowerCase() === "system") {
        check.addIssue({ code: "custom", path: ["people", id], message: "this name is the bot's own" });
      }
      for (const [index, name] of person.identities.entries()) {
        const owner = owners.get(name);
        if (owner !== undefined) {
          const message = `${name} belongs to ${owner} already; one identity is one person`;
          check.addIssue({ code: "custom", path: ["people", id, "identities", index], message });
        }
        owners.set(name, id);
      }
    }
  });

type PolicyFile = z.output<typeof policySchema>;
type Override = z.output<typeof overrideSchema>;
/** Durations in ms. */
export type Limits = z.output<typeof limitsSchema>;
/** Durations in ms; 0 is never. */
type ReminderTerms = z.output<typeof remindersSchema>;
/** Durations in ms. */
export type AutonomyTerms = z.output<typeof autonomySchema>;

/** Who may do what, and how much of it. Absence of a person, role or approver always denies. */
export type Policy = {
  /** What it is called on cards: the file's name, "demo" or "none". */
  name: string;
  /** SHA-256 of what it says; stands in each decision, so that a changed policy is noticed before a run. */
  hash: string;
  /** Why nobody may do anything, or null. */
  denied: string | null;
  people: PolicyFile["people"];
  groups: PolicyFile["groups"];
  requesterMayApprove: boolean;
  reminders: ReminderTerms;
  /** Names of people, whom an escalation addresses. */
  onCall: readonly string[];
  /** Whether an emergency may let one person approve alone. */
  breakGlass: boolean;
  limits: Limits;
  autonomy: AutonomyTerms;
  actions: Record<string, Override>;
  tags: Record<string, Override>;
};

/** Reads a policy file; throws a DefinitionError naming file, line and column of everything that is wrong. */
export function parsePolicy(text: string, file: string): Policy {
  return policyOf(parseYamlFile(text, file, policySchema), file, null);
}

/** The policy of the first start: the local console may approve, also what it asked for, as often as it likes. */
export function demoPolicy(): Policy {
  const file = policySchema.parse({
    people: { console: { role: "approver", name: "the console user", identities: ["console:local"] } },
    requester_may_approve: true,
    limits: {
      cooldown: "1m",
      tries: 50,
      disruptions_per_10m: 50,
      disruptions_per_hour: 200,
      proposals_per_10m: 60,
      messages_per_minute: 120,
      message_burst: 40,
    },
  });
  return policyOf(file, "demo", null);
}

/** Nobody may change anything, and everybody is told why. */
export function denyAllPolicy(reason: string): Policy {
  return policyOf(policySchema.parse({}), "none", reason);
}

/** The published JSON Schema (draft 2020-12) of policy files. */
export function policyJsonSchema(): object {
  return z.toJSONSchema(policySchema, { io: "input" });
}

function policyOf(file: PolicyFile, name: string, denied: string | null): Policy {
  return {
    name,
    hash: createHash("sha256")
      .update(JSON.stringify([file, denied]))
      .digest("hex"),
    denied,
    people: file.people,
    groups: file.groups,
    requesterMayApprove: file.requester_may_approve,
    reminders: file.reminders,
    onCall: file.on_call,
    breakGlass: file.break_glass,
    limits: file.limits,
    autonomy: file.autonomy,
    actions: file.actions,
    tags: file.tags,
  };
}
