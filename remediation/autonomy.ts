import { createHmac } from "node:crypto";
import { appendAudit } from "./audit.ts";
import type { Context } from "./context.ts";
import { same } from "./digest.ts";
import { findRunbook } from "./runbook.ts";
import type { Db, Trx } from "./store.ts";
import {
  attemptsOf,
  grantOf,
  grantsOf,
  putGrant,
  servicesOf,
  type Attempt,
  type EarnedLevel,
  type Grant,
  type TrustKey,
} from "./store/autonomy-rows.ts";
import { readCounter, readSwitch, type Switch } from "./store/switches.ts";

/** How much a rule may do alone. `veto` runs unless somebody objects in time, `auto` at once. */
export type Autonomy = "suggest" | EarnedLevel;

/** How far one rule's remedy is trusted on one service, and how many verified cures it has shown towards the next level. */
export type Trust = {
  service: string;
  level: Autonomy;
  cures: number;
  needed: number;
  /** Wall ms; null where nothing was granted. */
  expiresAt: number | null;
  /** A plan of it whose verdict is not known yet. */
  open: number | null;
};

type Reading = Pick<Context, "store" | "policy" | "rules" | "runbooks" | "clock">;

/**
 * The level that holds now. Whatever is missing, unsealed, expired, of another version of the runbook, or followed by a
 * verdict `worse` means `approve`: trust is never assumed, and ends by itself before anybody has written that down.
 */
export async function trustOf(db: Db, key: TrustKey, ctx: Reading): Promise<Trust> {
  const rule = ctx.rules.find(({ name }) => name === key.rule);
  const runbook = rule && findRunbook(ctx.runbooks, rule.runbook);
  const grant = sealed(await grantOf(db, key), ctx.store.key);
  const attempts = await attemptsOf(db, key, grant?.sincePlan ?? 0);
  const version = runbook?.name === key.runbook ? runbook.version : null;
  const holds =
    grant !== null &&
    grant.version === version &&
    grant.expiresAt > ctx.clock.wall() &&
    !attempts.some(({ verdict }) => verdict === "worse");
  const earned = holds ? grant.level : "approve";
  return {
    service: key.service,
    level: rule?.autonomy === "suggest" ? "suggest" : earned,
    cures: version === null ? 0 : curesIn(attempts, version),
    needed: ctx.policy.autonomy.cures,
    expiresAt: holds && grant.level !== "approve" ? grant.expiresAt : null,
    open: attempts.find(({ open }) => open)?.number ?? null,
  };
}

/** Every rule with its remedy and the trust it has on each service it was ever used for. */
export async function allTrust(
  ctx: Reading,
): Promise<{ rule: string; runbook: string; suggests: boolean; services: Trust[] }[]> {
  const found = [];
  for (const rule of ctx.rules) {
    const runbook = findRunbook(ctx.runbooks, rule.runbook)?.name ?? rule.runbook;
    const services: Trust[] = [];
    for (const service of await servicesOf(ctx.store.db, rule.name, runbook))
      services.push(await trustOf(ctx.store.db, { rule: rule.name, runbook, service }, ctx));
    found.push({ rule: rule.name, runbook, suggests: rule.autonomy === "suggest", services });
  }
  return found;
}

/** Whether some rule was ever let do something alone and nobody has taken it back. */
export async function anyGranted({ store }: Pick<Context, "store">): Promise<boolean> {
  return (await grantsOf(store.db, {})).some(({ level }) => level !== "approve");
}

/** Why no rule decides alone at the moment, or null. What cannot be read throws, and nothing runs. */
export async function autonomyOff(db: Db): Promise<Switch | null> {
  const found = await readSwitch(db, "autonomy");
  return found?.position === "off" ? found : null;
}

/** Writes down what has ended by itself: a promotion whose time is over, or that a verdict `worse` took away. */
export async function endGrants(ctx: Context): Promise<{ rule: string; service: string; because: string }[]> {
  const ended: { rule: string; service: string; because: string }[] = [];
  for (const { rule, runbook, service, level } of await grantsOf(ctx.store.db, {})) {
    const key = { rule, runbook, service };
    // Looked at first without a lock: this is asked every second, and writes seldom.
    if (level === "approve" || (await whyEnded(ctx.store.db, key, ctx)) === null) continue;
    const because = await ctx.store.transaction((trx) => endGrant(trx, key, ctx));
    if (because !== null) ended.push({ rule, service, because });
  }
  return ended;
}

type Ended = { grant: Grant; because: string; worse: boolean };

async function whyEnded(db: Db, key: TrustKey, ctx: Context): Promise<Ended | null> {
  const grant = await grantOf(db, key);
  if (grant === null || grant.level === "approve") return null;
  const worse = (await attemptsOf(db, key, grant.sincePlan)).find(({ verdict }) => verdict === "worse");
  if (worse !== undefined) {
    const because = `plan-${worse.number} ${worse.rolledBack ? "was rolled back" : "made it worse"}`;
    return { grant, because, worse: true };
  }
  if (grant.expiresAt > ctx.clock.wall()) return null;
  return { grant, because: "its time is over", worse: false };
}

async function endGrant(trx: Trx, key: TrustKey, ctx: Context): Promise<string | null> {
  const ended = await whyEnded(trx, key, ctx);
  if (ended === null) return null;
  const { grant, because, worse } = ended;
  // After a worse verdict every cure counts anew; a promotion that only ran out keeps what was shown since.
  const sincePlan = worse ? await readCounter(trx, "plan") : grant.sincePlan;
  const at = ctx.clock.wall();
  const next: Grant = { ...grant, level: "approve", sincePlan, at, reason: because, person: "system" };
  await putGrant(trx, withSeal(next, ctx.store.key));
  const detail = { runbook: key.runbook, service: key.service, from: grant.level, because };
  await appendAudit(trx, { actor: "system", verb: "demote", subject: key.rule, detail }, ctx);
  return because;
}

/** Whether a level lets a rule do what another level says. */
export function reaches(level: Autonomy, least: Autonomy): boolean {
  return levels.indexOf(level) >= levels.indexOf(least);
}

export const levels: readonly Autonomy[] = ["suggest", "approve", "veto", "auto"];

/** Cures of one version since the last verdict `worse`. */
function curesIn(attempts: readonly Attempt[], version: string): number {
  const worse = attempts.findIndex(({ verdict }) => verdict === "worse");
  const since = worse < 0 ? attempts : attempts.slice(0, worse);
  return since.filter((each) => each.verdict === "improved" && each.version === version).length;
}

/** The grant with its keyed hash; a row whose hash is another counts for nothing. */
export function withSeal(grant: Grant, key: Buffer): Grant & { seal: string } {
  return { ...grant, seal: sealOf(grant, key) };
}

function sealed(grant: (Grant & { seal: string }) | null, key: Buffer): Grant | null {
  return grant !== null && same(grant.seal, sealOf(grant, key)) ? grant : null;
}

function sealOf(grant: Grant, key: Buffer): string {
  const { rule, runbook, service, version, level, sincePlan, at, expiresAt, person } = grant;
  const content = ["autonomy", rule, runbook, service, version, level, sincePlan, at, expiresAt, person];
  return createHmac("sha256", key).update(JSON.stringify(content)).digest("hex");
}
