import { expect, it } from "vitest";
import { addTarget, coreWorld, memoryAlert, personIn, webTarget } from "../../fixtures/fakes/core.ts";
import { approve } from "../../remediation/approve.ts";
import { listAudit } from "../../remediation/audit.ts";
import { raiseAlert } from "../../remediation/incident.ts";
import { parsePolicy } from "../../remediation/policy.ts";
import { propose } from "../../remediation/propose.ts";
import type { Bot } from "../bot.ts";
import { approvalText } from "./approval-text.ts";
import { remediate } from "./plans.ts";

const policyOf = (rest = "") =>
  parsePolicy(
    `people:
  mara: {role: approver, name: Mara, identities: ["slack:T1/U3"]}
  jon: {role: approver, name: Jon, identities: ["slack:T1/U4"]}
  ada: {role: admin, name: Ada, identities: ["slack:T1/U5"]}
${rest}`,
    "p.yaml",
  );

async function planned(policy = policyOf(), tags: Record<string, string> = { service: "app" }) {
  const world = await coreWorld({ policy });
  addTarget(world, webTarget("box", { tags: { service: "app", ...tags } }));
  const proposed = await propose(
    { runbook: "restart-service", target: "box", requester: "system" },
    world.ctx,
  );
  if (!proposed.ok) throw new Error(proposed.message);
  return { world, text: () => approvalText(proposed.plan, { core: world.ctx }) };
}

it("says that the requester may approve only where that is so", async () => {
  const plain = await planned();
  expect(plain.text()).toBe("one approver, not the requester: Mara, Jon and Ada");
  plain.world.ctx.policy = policyOf("requester_may_approve: true");
  expect(plain.text()).toBe("one approver (the requester may approve): Mara, Jon and Ada");
  await plain.world.close();
  const critical = await planned(policyOf("requester_may_approve: true"), { critical: "true" });
  expect(critical.text()).toBe("2 approvers, not the requester: Mara, Jon and Ada");
  await critical.world.close();
});

it("leaves out whoever asked for the plan, and whoever approved it already", async () => {
  const world = await coreWorld({ policy: policyOf("actions: {restart-service: {approvers: 2}}") });
  addTarget(world, webTarget("box"));
  const requester = personIn(world.ctx.policy, "mara");
  const asked = await propose({ runbook: "restart-service", target: "box", requester }, world.ctx);
  if (!asked.ok) throw new Error(asked.message);
  expect(approvalText(asked.plan, { core: world.ctx })).toBe("2 approvers, not the requester: Jon and Ada");
  const own = await approve({ plan: asked.plan.id, person: requester, surface: "slack" }, world.ctx);
  expect(own).toMatchObject({ ok: false, message: expect.stringContaining("Approvers now: Jon, Ada.") });
  const jon = personIn(world.ctx.policy, "jon");
  const first = await approve({ plan: asked.plan.id, person: jon, surface: "slack" }, world.ctx);
  if (!first.ok) throw new Error(first.message);
  expect(approvalText(first.plan, { core: world.ctx })).toBe("2 approvers, not the requester: Ada");
  const outsider = { ...personIn(world.ctx.policy, "ada"), role: null };
  expect(await approve({ plan: "plan-1", person: outsider, surface: "slack" }, world.ctx)).toMatchObject({
    message:
      "To approve one must be approver; the policy gives you no role. The policy names no other approver.",
  });
  await world.close();
});

it("says what the policy asks now, and who can give it", async () => {
  const { world, text } = await planned();
  world.ctx.policy = policyOf("actions: {restart-service: {approvers: 2}}");
  expect(text()).toBe("2 approvers, not the requester: Mara, Jon and Ada");
  world.ctx.policy = policyOf("actions: {restart-service: {role: admin}}");
  expect(text()).toBe("one admin, not the requester: Ada");
  world.ctx.policy = parsePolicy(
    'people: {mara: {role: approver, identities: ["slack:T1/U3"]}}\nactions: {restart-service: {role: admin}}',
    "p.yaml",
  );
  expect(text()).toBe("one admin, not the requester. Nobody may approve, the policy names no admin");
  await world.close();
});

it("tells the audit who asked for a fix that a rule chose", async () => {
  const world = await coreWorld();
  await raiseAlert(memoryAlert(), world.ctx);
  const bot = { core: world.ctx, targets: () => [...world.targets.values()] } as unknown as Bot;
  const asker = { person: personIn(world.ctx.policy, "olga"), surface: "slack" } as Parameters<
    typeof remediate
  >[1];
  await remediate({ kind: "remediate", id: "inc-1" }, asker, bot);
  expect(await listAudit({ subject: "plan-1", limit: 1 }, world.ctx)).toMatchObject([
    { verb: "propose", actor: "system", detail: { pressed_by: { id: "olga", name: "Olga" } } },
  ]);
  await world.close();
});
