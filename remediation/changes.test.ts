import { afterEach, beforeEach, expect, it } from "vitest";
import { coreWorld, webTarget, type World } from "../fixtures/fakes/core.ts";
import { listAudit } from "./audit.ts";
import {
  changesBefore,
  changesOf,
  changeText,
  concerns,
  forgetChanges,
  tellChange,
  type ChangeScope,
  type NewChange,
} from "./changes.ts";

let world: World;
beforeEach(async () => {
  world = await coreWorld();
});
afterEach(async () => {
  await world.close();
});

const ci = { id: "key:ci" };
const deploy = (parts: Partial<NewChange> = {}): NewChange => ({
  key: null,
  scope: { target: "web-1" },
  kind: "deploy",
  title: "4f2c",
  by: "CI",
  url: null,
  at: world.now,
  ...parts,
});

it("is stored with its moment in metric time, and stands in the audit", async () => {
  const told = await tellChange(deploy({ at: world.now - 720_000 }), ci, world.ctx);
  expect(told).toMatchObject({
    ok: true,
    existing: false,
    change: { number: 1, metricAt: world.now / 1_000 - 720, toldBy: "key:ci" },
  });
  const metric = world.now / 1_000;
  expect(await changesBefore(webTarget("web-1"), metric, world.ctx)).toHaveLength(1);
  expect(await changesBefore(webTarget("web-2"), metric, world.ctx)).toEqual([]);
  expect(await changesBefore(webTarget("web-1"), metric - 721, world.ctx)).toEqual([]);
  expect(await listAudit({ subject: "web-1", limit: 5 }, world.ctx)).toMatchObject([
    { actor: "key:ci", verb: "change", detail: { kind: "deploy", title: "4f2c", by: "CI" } },
  ]);
});

it("concerns a target by its exact name, its service or its tags", () => {
  const web = webTarget("web-1", { tags: { service: "app", zone: "a" } });
  const scopes: ChangeScope[] = [
    { target: "web-1" },
    { service: "app" },
    { tags: { zone: "a" } },
    { target: "web-" },
    { target: "*" },
    { service: "ap" },
    { tags: { zone: "b" } },
    { tags: { zone: "a", role: "x" } },
  ];
  expect(scopes.map((scope) => concerns({ scope }, web))).toEqual([
    true,
    true,
    true,
    false,
    false,
    false,
    false,
    false,
  ]);
});

it("told twice with the same id it is one; another content under the same id is refused", async () => {
  await tellChange(deploy({ key: "run-7" }), ci, world.ctx);
  world.now += 60_000;
  const first = world.now - 60_000;
  for (const at of [null, first]) {
    const again = await tellChange(deploy({ key: "run-7", at }), ci, world.ctx);
    expect(again).toMatchObject({ ok: true, existing: true, change: { number: 1, at: first } });
  }
  for (const parts of [{ title: "5a3d" }, { url: "https://ci.example/8" }, { at: first - 1 }]) {
    const other = await tellChange(deploy({ key: "run-7", at: null, ...parts }), ci, world.ctx);
    expect(other).toMatchObject({ ok: false, reason: "other_change" });
  }
  expect(await changesOf(webTarget("web-1"), { start: 0, end: 1e11 }, world.ctx)).toHaveLength(1);
});

it("is not of the future, not of long ago, and not two thousand a day", async () => {
  for (const at of [world.now + 600_000, world.now - 31 * 86_400_000])
    expect(await tellChange(deploy({ at }), ci, world.ctx)).toMatchObject({
      ok: false,
      reason: "other_time",
    });
  // A clock that is a little ahead is taken for now.
  const ahead = await tellChange(deploy({ at: world.now + 60_000 }), ci, world.ctx);
  expect(ahead).toMatchObject({ ok: true, change: { at: world.now } });
  const rows = Array.from({ length: 1_999 }, (_, index) => ({
    number: index + 100,
    external_key: null,
    target: "web-1",
    service: null,
    tags: null,
    kind: "deploy",
    title: "x",
    author: null,
    url: null,
    at: world.now,
    metric_at: 0,
    told_by: "x",
    told_at: world.now,
  }));
  for (let from = 0; from < rows.length; from += 500)
    await world.ctx.store.db
      .insertInto("changes")
      .values(rows.slice(from, from + 500))
      .execute();
  expect(await tellChange(deploy(), ci, world.ctx)).toMatchObject({ ok: false, reason: "too_many" });
  world.now += 86_400_001;
  expect(await tellChange(deploy(), ci, world.ctx)).toMatchObject({ ok: true });
});

it("is text in one line, whatever was sent", async () => {
  const told = await tellChange(
    deploy({ title: " 4f2c\n\u0000 @everyone\u202e ", by: " \n " }),
    ci,
    world.ctx,
  );
  expect(told.ok && changeText(told.change)).toBe("deploy 4f2c @everyone");
});

it("is forgotten when it is older than what is kept", async () => {
  await tellChange(deploy({ at: world.now - 86_400_000 }), ci, world.ctx);
  await tellChange(deploy(), ci, world.ctx);
  expect(await forgetChanges(world.now - 1_000, world.ctx)).toBe(1);
  expect(await changesOf(webTarget("web-1"), { start: 0, end: 1e11 }, world.ctx)).toHaveLength(1);
});
