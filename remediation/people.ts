import type { Refusal } from "./context.ts";
import { roles, type Policy, type Risk, type Role } from "./policy.ts";
import { capital } from "./sentence.ts";

/** A human with linked identities. `role` null: the policy does not know this person, who may only look. */
export type Person = {
  /** The name in the policy, or the one identity of somebody who is not listed. */
  id: string;
  name: string;
  role: Role | null;
  identities: string[];
  /** Why there is no role although the policy might give one: the surface does not vouch for the person here. */
  because?: string;
};

/** Who speaks, as the surface vouches for it (the surfaces' `Speaker` has this shape). */
export type Speaker = {
  identity: string;
  name: string;
  groups: readonly string[];
  outsider: boolean;
  because?: string;
};

/** What can be asked of the core. `object` is cancelling a plan that is not one's own. */
export const verbs = {
  look: null,
  acknowledge: "operator",
  silence: "operator",
  resolve: "operator",
  "give feedback": "operator",
  propose: "operator",
  deny: "operator",
  cancel: "operator",
  train: "operator",
  pause: "operator",
  escalate: "operator",
  "seal the glass": "operator",
  "tell of changes": "operator",
  approve: "approver",
  "break the glass": "approver",
  resume: "approver",
  conclude: "approver",
  release: "approver",
  "demote a rule": "operator",
  "promote a rule": "admin",
  "turn autonomy on": "approver",
} as const satisfies Record<string, Role | null>;
export type Verb = keyof typeof verbs;

/** The person behind a speaker. Outsiders and unknown people get no role, whatever groups they bring. */
export function personOf(policy: Policy, speaker: Speaker): Person {
  for (const [id, listed] of Object.entries(policy.people)) {
    if (!listed.identities.includes(speaker.identity)) continue;
    const role = speaker.outsider ? null : listed.role;
    return { id, name: listed.name ?? id, role, identities: listed.identities, ...reasonOf(speaker) };
  }
  const given = speaker.outsider ? [] : speaker.groups.flatMap((group) => ownRole(policy.groups, group));
  const role = roles.filter((candidate) => given.includes(candidate)).at(-1) ?? null;
  const { identity, name } = speaker;
  return { id: identity, name, role, identities: [identity], ...reasonOf(speaker) };
}

function reasonOf({ outsider, because }: Speaker): Pick<Person, "because"> {
  return outsider && because !== undefined ? { because } : {};
}

/** Whether a person may do something; a refusal says who may instead: `who`, where the thing itself narrows it. */
export function may(
  person: Person,
  verb: Verb,
  policy: Policy,
  who: readonly string[] = peopleWith(policy, verbs[verb] ?? "viewer"),
): { ok: true } | Refusal<"not_allowed" | "no_policy"> {
  const least = verbs[verb];
  if (least === null) return { ok: true };
  if (policy.denied !== null) {
    return {
      ok: false,
      reason: "no_policy",
      message: `Nobody may ${verb} here: ${policy.denied}. Name people in a policy file (SMARTCLOUDOPS_POLICY) and start again.`,
    };
  }
  if (atLeast(person.role, least)) return { ok: true };
  // Somebody whom the policy names may be refused too, where nobody vouches for them; a stranger may have a namesake.
  const own = Object.hasOwn(policy.people, person.id) ? person.name : null;
  const able = who.filter((name) => name !== own);
  const other = able.length < who.length ? "other " : "";
  const others =
    able.length > 0
      ? ` ${capital(least)}s now: ${able.join(", ")}.`
      : ` The policy names no ${other}${least}.`;
  const none = person.because ?? "the policy gives you no role";
  const now = person.role === null ? none : `your role is ${person.role}`;
  return { ok: false, reason: "not_allowed", message: `To ${verb} one must be ${least}; ${now}.${others}` };
}

/** Whether a role reaches another; no role reaches none. */
export function atLeast(role: Role | null, least: Role): boolean {
  return role !== null && roles.indexOf(role) >= roles.indexOf(least);
}

/** What the approval of a plan asks for by its risk, made stricter (never looser) by actions and tags. */
export function approvalAsked(
  policy: Policy,
  plan: { risk: Risk; actions: readonly string[]; tags: readonly string[] },
): { approvers: number; role: "approver" | "admin" } {
  let approvers = plan.risk === 0 ? 0 : plan.risk === 3 ? 2 : 1;
  let role: "approver" | "admin" = "approver";
  const overrides = [
    ...plan.actions.flatMap((name) => ownRole(policy.actions, name)),
    ...plan.tags.flatMap((tag) => ownRole(policy.tags, tag)),
  ];
  for (const override of overrides) {
    approvers = Math.max(approvers, override.approvers ?? 0);
    if (override.role === "admin") role = "admin";
  }
  return { approvers: role === "admin" ? Math.max(approvers, 1) : approvers, role };
}

/**
 * Whether two people are certainly two. Linked identities are one person. Somebody known only by a group of one
 * surface and somebody known only on another may be the same human, so they do not count as two.
 */
export function certainlyDistinct(policy: Policy, first: string, second: string): boolean {
  if (first === second) return false;
  // The bot itself asked (a rule did): a reserved name that no person can have.
  if (isSystem(first) || isSystem(second)) return true;
  const [one, other] = [identitiesOf(policy, first), identitiesOf(policy, second)];
  if (one.listed && other.listed) return true;
  return one.identities.some((identity) =>
    other.identities.some((rival) => workspaceOf(identity) === workspaceOf(rival) && identity !== rival),
  );
}

/** The bot itself, or a rule that decided alone: no person has a name with a colon that begins so. */
export function isSystem(id: string): boolean {
  return id === "system" || id.startsWith(ruleActor(""));
}

/** Who decides when a rule does: "system:rule memory-leak". */
export function ruleActor(rule: string): string {
  return `system:rule ${rule}`;
}

/** The present role of somebody who decided earlier: people who are not listed have none we could look up. */
export function listedRole(policy: Policy, id: string): Role | null {
  return ownRole(policy.people, id)[0]?.role ?? null;
}

function identitiesOf(policy: Policy, id: string): { listed: boolean; identities: string[] } {
  const listed = ownRole(policy.people, id)[0];
  return listed ? { listed: true, identities: listed.identities } : { listed: false, identities: [id] };
}

/** `slack:T1/U1` // => "slack:T1" */
function workspaceOf(identity: string): string {
  return identity.split("/")[0] ?? identity;
}

/** The names of everybody listed whose role reaches `least`, and "members of" such groups; nobody under a denying policy. */
export function peopleWith(policy: Policy, least: Role): string[] {
  if (policy.denied !== null) return [];
  const people = Object.entries(policy.people).flatMap(([id, person]) =>
    atLeast(person.role, least) ? [person.name ?? id] : [],
  );
  const groups = Object.entries(policy.groups).flatMap(([group, role]) =>
    atLeast(role, least) ? [`members of ${group}`] : [],
  );
  return [...people, ...groups];
}

/** An own property only: a group called "__proto__" or "constructor" means nothing. */
function ownRole<T>(table: Record<string, T>, key: string): T[] {
  const value = Object.hasOwn(table, key) ? table[key] : undefined;
  return value === undefined ? [] : [value];
}
