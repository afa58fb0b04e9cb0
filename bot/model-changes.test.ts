import { readdirSync, truncateSync } from "node:fs";
import path from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import {
  calmHistory,
  mara,
  openTrainer,
  trainerStore,
  twoDays,
  web1,
  type TrainerStore,
} from "../fixtures/fakes/trainer-world.ts";
import { isHeld } from "./find-version.ts";

let store: TrainerStore;

beforeEach(async () => {
  store = await trainerStore();
});

afterEach(() => store.close());

describe("going back", () => {
  test("restores exactly the scores, back and forth, audited with who did it", async () => {
    const { learn, trainer, scores, statuses, audit } = openTrainer(store);
    const probe = calmHistory(0.5, { seed: 9, wild: [[20, 10]] });
    await learn(twoDays);
    const before = await scores(probe);
    await learn(calmHistory(2.5, { seed: 2 }));
    const after = await scores(probe);
    expect(after).not.toEqual(before);
    expect(await trainer.rollback(web1, "previous", mara)).toMatchObject({ ok: true, before: "web-1 v2" });
    expect(await scores(probe)).toEqual(before);
    expect(await statuses()).toEqual(["web-1 v2 previous", "web-1 v1 live"]);
    for (const name of ["2", "v1", "web-1 v2"]) {
      expect(await trainer.rollback(web1, name, mara), name).toMatchObject({ ok: true });
    }
    expect(await scores(probe)).toEqual(after);
    expect((await audit()).slice(0, 4)).toEqual([
      "mara: roll back model web-1 v2",
      "mara: roll back model web-1 v1",
      "mara: roll back model web-1 v2",
      "mara: roll back model web-1 v1",
    ]);
  });

  test("to what is not there, is live, or is broken is refused with what there is", async () => {
    const { learn, trainer, statuses } = openTrainer(store);
    await learn(twoDays);
    const refusal = async (version: string) => {
      const back = await trainer.rollback(web1, version, mara);
      return back.ok ? "it went back" : back.message;
    };
    expect(await refusal("previous")).toBe(
      'web-1 has no version "previous": there is no version to go back to',
    );
    expect(await refusal("1")).toBe("web-1 v1 is live already");
    await learn(twoDays);
    expect(await refusal("9")).toBe('web-1 has no version "9": there is v1');
    const [, first] = await trainer.versions("web-1");
    const file = readdirSync(store.directory).find((name) => first !== undefined && name.length > 0);
    for (const name of readdirSync(store.directory)) truncateSync(path.join(store.directory, name), 40);
    expect(file).toBeDefined();
    expect(await refusal("1")).toMatch(/is not what was stored: say "train web-1"/);
    expect(await statuses()).toEqual(["web-1 v2 live", "web-1 v1 previous"]);
  });

  test("holds automatic training until somebody trains anew", async () => {
    const { learn, trainer } = openTrainer(store);
    const held = async () => isHeld(await trainer.versions("web-1"));
    await learn(twoDays);
    await learn(twoDays);
    expect(await held()).toBe(false);
    await trainer.rollback(web1, "previous", mara);
    expect(await held()).toBe(true);
    await learn(twoDays);
    expect(await held()).toBe(false);
  });
});

describe("another threshold", () => {
  test("is a new version with the same members that scores in proportion, and can be taken back", async () => {
    const { learn, trainer, scores, statuses } = openTrainer(store);
    await learn(twoDays);
    const before = await scores(twoDays);
    expect(await trainer.adjustThreshold("web-1", 1.25, mara)).toMatchObject({
      ok: true,
      before: "web-1 v1",
    });
    const after = await scores(twoDays);
    after.forEach((score, row) => {
      if (Number.isFinite(score)) expect(score).toBeCloseTo((before[row] ?? 0) / 1.25, 9);
    });
    expect(await statuses()).toEqual(["web-1 v2 live", "web-1 v1 previous"]);
    const [version] = await trainer.versions("web-1");
    expect(version?.meta).toMatchObject({ because: "feedback", by: "mara", numbers: { factor: 1.25 } });
    expect(await trainer.rollback(web1, "previous", mara)).toMatchObject({ ok: true });
    expect(await scores(twoDays)).toEqual(before);
  });

  test("holds for the next model too, and in all it at most doubles", async () => {
    const { learn, trainer, scores } = openTrainer(store);
    await learn(twoDays);
    const before = await scores(twoDays);
    await trainer.adjustThreshold("web-1", 1.5, mara);
    await learn(twoDays);
    const after = await scores(twoDays);
    after.forEach((score, row) => {
      if (Number.isFinite(score)) expect(score).toBeCloseTo((before[row] ?? 0) / 1.5, 6);
    });
    const [version] = await trainer.versions("web-1");
    expect(version?.meta).toMatchObject({ because: "person", numbers: { factor: 1.5 } });
    expect(await trainer.adjustThreshold("web-1", 1.5, mara)).toMatchObject({
      ok: false,
      message: expect.stringContaining("it is 1.50 times that already"),
    });
  });

  test.each([0.9, 2.1, Number.NaN])("is refused for a factor of %s", async (factor) => {
    const { learn, trainer, statuses } = openTrainer(store);
    await learn(twoDays);
    expect(await trainer.adjustThreshold("web-1", factor, mara)).toMatchObject({ ok: false });
    expect(await statuses()).toEqual(["web-1 v1 live"]);
  });

  test("without a model is refused", async () => {
    expect(await openTrainer(store).trainer.adjustThreshold("web-1", 1.1, mara)).toEqual({
      ok: false,
      message: "web-1 has no model yet",
    });
  });
});
