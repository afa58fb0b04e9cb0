import { createHmac } from "node:crypto";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { coreWorld, personIn, teamPolicy, type World } from "../fixtures/fakes/core.ts";
import { appendAudit, listAudit } from "./audit.ts";
import {
  breakGlass,
  glassCovering,
  glassMs,
  openGlass,
  sealGlass,
  sealOverdueGlass,
  standingGlass,
} from "./break-glass.ts";
import { untold } from "./notices.ts";
import { insertAuditRow, lastAuditRow } from "./store/audit-rows.ts";

/** What a declared emergency is proven by, when it is over, and what is written and told of it. */

const why = "the shop is down for all";
let world: World;
beforeEach(async () => {
  world = await coreWorld();
});
afterEach(() => world.close());

const person = (id: string) => personIn(world.ctx.policy, id);
const broken = (id = "mara", reason = why) => breakGlass(person(id), reason, world.ctx);
const open = (id = "mara") => world.ctx.store.transaction((trx) => openGlass(trx, id, world.ctx));
const covering = (id = "mara") => glassCovering(world.ctx.store.db, id, world.now, world.ctx);
const rows = () => world.ctx.store.db.updateTable("broken_glass");
const newest = async () => (await listAudit({ limit: 1 }, world.ctx))[0];

describe("an emergency is proven", () => {
  it.each<[string, object, string?]>([
    ["another person", { person: "jon" }, "jon"],
    ["another name", { name: "Jon" }],
    ["another reason", { reason: "something else" }],
    ["a later beginning", { opened_at: 1_700_000_000_000 - 1 }],
    ["a later end", { until_at: 1_700_000_000_000 + glassMs - 1 }],
    ["another seal", { seal: "0".repeat(64) }],
  ])("by its seal: a row with %s covers nothing", async (_what, edit, id = "mara") => {
    await broken();
    expect(await covering()).not.toBeNull();
    await rows().set(edit).execute();
    expect([await covering(id), await open(id), await standingGlass(world.ctx)]).toEqual([null, null, []]);
  });

  it("and never longer than a quarter of an hour, even under the key", async () => {
    await broken();
    const until = world.now + glassMs + 1;
    const content = JSON.stringify(["glass", "mara", "Mara", why, world.now, until]);
    const seal = createHmac("sha256", world.ctx.store.key).update(content).digest("hex");
    await rows().set({ until_at: until, seal }).execute();
    expect(await covering()).toBeNull();
  });

  it("only under a policy that allows it and does not deny everything", async () => {
    await broken();
    world.ctx.policy = { ...teamPolicy(), denied: "it was taken away" };
    expect(await covering()).toBeNull();
    world.ctx.policy = { ...teamPolicy(), breakGlass: false };
    expect(await covering()).toBeNull();
  });
});

describe("an emergency is over", () => {
  it("a millisecond after its quarter of an hour, and is then ended by nobody, once", async () => {
    await broken();
    const opened = world.now;
    world.now = opened + glassMs;
    await sealOverdueGlass(world.ctx);
    expect((await standingGlass(world.ctx)).map((glass) => glass.person)).toEqual(["mara"]);
    expect(await open()).not.toBeNull();
    world.now += 1;
    expect([await standingGlass(world.ctx), await open()]).toEqual([[], null]);
    world.now += 5_000;
    await sealOverdueGlass(world.ctx);
    expect(await newest()).toMatchObject({
      actor: "system",
      verb: "seal",
      subject: "the glass",
      detail: { person: "mara", opened_at: opened, because: "the 15 minutes of Mara are over" },
    });
    expect((await untold(world.ctx)).at(-1)).toMatchObject({
      kind: "glass sealed",
      detail: { people: ["Mara"], reason: why },
    });
    expect((await untold(world.ctx)).at(-1)?.detail).not.toHaveProperty("by");
    const row = await world.ctx.store.db.selectFrom("broken_glass").selectAll().executeTakeFirst();
    expect(row).toMatchObject({ ended_at: opened + glassMs, ended_by: "system" });
  });

  it("when its row says so, even at this very moment", async () => {
    await broken();
    await rows().set({ ended_at: world.now }).execute();
    expect(await open()).toBeNull();
  });

  it("when the sealed audit says so of this person", async () => {
    await broken("mara");
    await broken("jon");
    const detail = { person: "mara", opened_at: world.now };
    await world.ctx.store.transaction((trx) =>
      appendAudit(trx, { actor: "x", verb: "seal", subject: "the glass", detail }, world.ctx),
    );
    expect(await open("mara")).toBeNull();
    expect(await open("jon")).not.toBeNull();
  });

  it("when the audit says so, however many were refused since", async () => {
    await broken("mara");
    const detail = { person: "mara", opened_at: world.now };
    const entries = Array.from({ length: 501 }, (_, n) => (n === 0 ? "seal" : "refused break"));
    await world.ctx.store.transaction(async (trx) => {
      for (const verb of entries)
        await appendAudit(trx, { actor: "x", verb, subject: "the glass", detail }, world.ctx);
    });
    expect(await open("mara")).toBeNull();
  });

  it("not when somebody without the key writes into the audit that it is", async () => {
    await broken();
    const detail = JSON.stringify({ person: "mara", opened_at: world.now });
    await world.ctx.store.transaction(async (trx) => {
      const last = await lastAuditRow(trx);
      const [seq, prev_hash, hash] = [(last?.seq ?? 0) + 1, last?.hash ?? "", "0".repeat(64)];
      const forged = { at: world.now, metric_at: 0, actor: "x", verb: "seal", subject: "the glass", detail };
      await insertAuditRow(trx, { ...forged, seq, prev_hash, hash });
    });
    expect(await open()).not.toBeNull();
  });

  it("when one of many who seal it at once did so", async () => {
    await broken();
    const answers = await Promise.all([
      sealGlass(person("jon"), world.ctx),
      sealGlass(person("ada"), world.ctx),
    ]);
    expect(answers).toMatchObject([
      { ok: true, ended: ["Mara"] },
      { ok: false, reason: "not_open" },
    ]);
    expect((await untold(world.ctx)).map(({ kind }) => kind)).toEqual(["glass broken", "glass sealed"]);
  });
});

describe("what is written and told of an emergency", () => {
  it("is who declared it, why and until when", async () => {
    const until = world.now + glassMs;
    expect(await broken()).toEqual({ ok: true, until });
    expect(await newest()).toMatchObject({ actor: "mara", verb: "break", detail: { reason: why, until } });
    expect(await untold(world.ctx)).toMatchObject([
      { kind: "glass broken", subject: "mara", detail: { by: "Mara", reason: why, until } },
    ]);
  });

  it("is who ended whose", async () => {
    await broken();
    await sealGlass(person("jon"), world.ctx);
    expect(await newest()).toMatchObject({
      actor: "jon",
      verb: "seal",
      detail: { because: "it was Mara's" },
    });
    expect((await untold(world.ctx)).at(-1)).toMatchObject({
      detail: { people: ["Mara"], reason: why, by: "Jon" },
    });
  });

  it("is for how long it is open still, and which refusals there were", async () => {
    await broken();
    world.now += 5 * 60_000;
    expect(await broken()).toMatchObject({
      reason: "open",
      message: "It is broken already, for another 10m.",
    });
    expect(await newest()).toMatchObject({ verb: "refused break", detail: { reason: why, refused: "open" } });
    expect(await sealGlass(person("vic"), world.ctx)).toMatchObject({ reason: "not_allowed" });
    expect(await newest()).toMatchObject({ verb: "refused seal", detail: { reason: "not_allowed" } });
    expect(await open()).not.toBeNull();
  });

  it("needs ten characters, blanks around them not counted, and keeps five hundred", async () => {
    expect(await broken("mara", "   123456789   ")).toMatchObject({ reason: "no_reason" });
    expect(await broken("mara", " 1234567890 ")).toMatchObject({ ok: true });
    expect(await broken("jon", "x".repeat(600))).toMatchObject({ ok: true });
    expect((await newest())?.detail).toMatchObject({ reason: "x".repeat(500) });
  });
});
