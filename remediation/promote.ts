import { appendAudit } from "./audit.ts";
import { trustOf, withSeal, type Trust } from "./autonomy.ts";
import { refuse, type Context, type Refusal } from "./context.ts";
import { may, type Person } from "./people.ts";
import type { Rule } from "./rules.ts";
import { findRunbook, type Runbook } from "./runbook.ts";
import type { Trx } from "./store.ts";
import { putGrant, servicesOf, type EarnedLevel } from "./store/autonomy-rows.ts";
import { readCounter, writeSwitch } from "./store/switches.ts";

/** What moved: the level of a rule on each service. */
export type Moved =
  { ok: true; rule: string; moved: { service: string; from: string; to: string }[] } | Refusal;

const next: Record<string, EarnedLevel> = { approve: "veto", veto: "auto" };

/**
 * A person (an admin) lets a rule do more alone: one level up on every service where its remedy has shown enough
 * verified cures since the last change. There is no other way to `veto` or `auto`.
 */
export async function promote(name: string, person: Person, ctx: Context): Promise<Moved> {
  return change("promote", name, person, ctx, async (trx, rule, runbook) => {
    if (rule.autonomy === "suggest")
      return refuse("suggests", `The rules file keeps ${rule.name} at suggest; change it there first.`);
    const trusts = await trustsOf(trx, rule, runbook, ctx);
    const able = trusts.filter(
      ({ level, cures, needed, open }) => level in next && open === null && cures >= needed,
    );
    if (able.length === 0) return notEarned(rule, trusts, ctx);
    const moved = [];
    for (const { service, level, cures } of able) {
      const to = next[level];
      if (to === undefined) continue;
      await grant(trx, { rule, runbook, service, level: to, person, reason: `${cures} verified cures` }, ctx);
      moved.push({ service, from: level, to });
    }
    return { ok: true, rule: rule.name, moved };
  });
}

/** A person takes back what a rule may do alone; it has to show its cures anew. */
export async function demote(name: string, person: Person, ctx: Context): Promise<Moved> {
  return change("demote", name, person, ctx, async (trx, rule, runbook) => {
    const moved = [];
    for (const { service, level } of await trustsOf(trx, rule, runbook, ctx)) {
      if (level !== "veto" && level !== "auto") continue;
      const reason = `demoted by ${person.name}`;
      await grant(trx, { rule, runbook, service, level: "approve", person, reason }, ctx);
      moved.push({ service, from: level, to: "approve" });
    }
    if (moved.length > 0) return { ok: true, rule: rule.name, moved };
    return refuse("nothing", `${rule.name} decides nothing alone; there is nothing to take back.`);
  });
}

/** Rules may decide alone again, or no more, whatever they were promoted to. */
export async function switchAutonomy(
  position: "on" | "off",
  person: Person,
  reason: string,
  ctx: Context,
): Promise<{ ok: true } | Refusal> {
  const allowed = may(person, position === "on" ? "turn autonomy on" : "demote a rule", ctx.policy);
  await ctx.store.transaction(async (trx) => {
    if (allowed.ok)
      await writeSwitch(trx, "autonomy", { position, person: person.name, reason, at: ctx.clock.wall() });
    const note = { actor: person.id, subject: "autonomy", detail: { reason } };
    const verb = `turn ${position}`;
    await appendAudit(trx, { ...note, verb: allowed.ok ? verb : `refused ${verb}` }, ctx);
  });
  return allowed;
}

type Change = (trx: Trx, rule: Rule, runbook: Runbook) => Promise<Moved>;

async function change(
  verb: "promote" | "demote",
  name: string,
  person: Person,
  ctx: Context,
  work: Change,
): Promise<Moved> {
  const allowed = may(person, `${verb} a rule`, ctx.policy);
  const rule = ctx.rules.find((each) => each.name === name);
  const runbook = rule && findRunbook(ctx.runbooks, rule.runbook);
  return ctx.store.transaction(async (trx) => {
    const moved = !allowed.ok
      ? allowed
      : rule && runbook
        ? await work(trx, rule, runbook)
        : refuse("unknown_rule", unknownRule(name, ctx));
    const detail = moved.ok
      ? { moved: moved.moved.map(({ service, from, to }) => `${service}: ${from} to ${to}`).join(", ") }
      : { reason: moved.reason };
    const note = { actor: person.id, subject: rule?.name ?? name.slice(0, 60), detail };
    await appendAudit(trx, { ...note, verb: moved.ok ? verb : `refused ${verb}` }, ctx);
    return moved;
  });
}

async function trustsOf(trx: Trx, rule: Rule, runbook: Runbook, ctx: Context): Promise<Trust[]> {
  const trusts: Trust[] = [];
  for (const service of await servicesOf(trx, rule.name, runbook.name))
    trusts.push(await trustOf(trx, { rule: rule.name, runbook: runbook.name, service }, ctx));
  return trusts;
}

async function grant(
  trx: Trx,
  to: { rule: Rule; runbook: Runbook; service: string; level: EarnedLevel; person: Person; reason: string },
  ctx: Context,
): Promise<void> {
  const at = ctx.clock.wall();
  const values = {
    rule: to.rule.name,
    runbook: to.runbook.name,
    service: to.service,
    version: to.runbook.version,
    level: to.level,
    sincePlan: await readCounter(trx, "plan"),
    at,
    expiresAt: at + ctx.policy.autonomy.lasts,
    person: to.person.id,
    reason: to.reason,
  };
  await putGrant(trx, withSeal(values, ctx.store.key));
}

function notEarned(rule: Rule, trusts: readonly Trust[], ctx: Context): Refusal {
  const shown = trusts.map(({ service, level, cures, needed, open }) => {
    if (level === "auto") return `auto on ${service} already`;
    if (open !== null) return `the verdict of plan-${open} on ${service} is not known yet`;
    return `${cures} of ${needed} verified cures on ${service}`;
  });
  const so = shown.length === 0 ? `none of ${ctx.policy.autonomy.cures} verified cures` : shown.join("; ");
  return refuse("not_earned", `${rule.name} has not earned more: ${so}.`);
}

export function unknownRule(name: string, { rules }: Pick<Context, "rules">): string {
  const known = rules.map((rule) => rule.name).join(", ") || "none";
  return `There is no rule "${name.slice(0, 60)}"; there are: ${known}.`;
}
