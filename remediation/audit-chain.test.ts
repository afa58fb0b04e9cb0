import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { type AuditHead, firstHash, hashOf, walkChain } from "./audit-chain.ts";
import type { AuditRow } from "./store/audit-rows.ts";

const key = Buffer.alloc(32, 7);

type Content = Pick<AuditRow, "at" | "metric_at" | "actor" | "verb" | "subject" | "detail">;

function sealed(contents: readonly Content[], with_ = key): AuditRow[] {
  let previous = firstHash;
  return contents.map((content, index) => {
    const row = { seq: index + 1, ...content, prev_hash: previous };
    previous = hashOf(with_, row);
    return { ...row, hash: previous };
  });
}

const check = (rows: readonly AuditRow[], written: number | null, heads: readonly AuditHead[] = []) => {
  const chain = walkChain(key, heads);
  chain.take(rows);
  return chain.end(written);
};
const headOf = (rows: readonly AuditRow[]): AuditHead => {
  const last = rows.at(-1);
  return { seq: last?.seq ?? 0, hash: last?.hash ?? firstHash, at: 0 };
};

const content: fc.Arbitrary<Content> = fc.record({
  at: fc.integer({ min: 0, max: 2 ** 45 }),
  metric_at: fc.double({ noNaN: true, min: 0, max: 2 ** 33 }),
  actor: fc.string({ maxLength: 8 }),
  verb: fc.constantFrom("approve", "deny", "open"),
  subject: fc.constantFrom("inc-1", "plan-2"),
  detail: fc.json({ maxDepth: 1 }),
});
const columns = [
  "seq",
  "at",
  "metric_at",
  "actor",
  "verb",
  "subject",
  "detail",
  "prev_hash",
  "hash",
] as const;
type Column = (typeof columns)[number];

/** Somebody's hand in the rows; `broken` is the first entry that must be named. Place is 0..1 within the chain. */
type Tampering = { kind: string; rows: AuditRow[]; written: number; broken: number };
type How =
  | { kind: "edit"; column: Column }
  | { kind: "delete" | "swap" | "insert" | "cut" | "cut with its counter" | "write anew with another key" };

const how: fc.Arbitrary<How> = fc.oneof(
  {
    weight: 6,
    arbitrary: fc.record({ kind: fc.constant("edit" as const), column: fc.constantFrom(...columns) }),
  },
  {
    weight: 6,
    arbitrary: fc.record({
      kind: fc.constantFrom(
        ...([
          "delete",
          "swap",
          "insert",
          "cut",
          "cut with its counter",
          "write anew with another key",
        ] as const),
      ),
    }),
  },
);

function tamper(rows: readonly AuditRow[], how: How, at: number): Tampering {
  const own = rows.map((row) => ({ ...row }));
  const result = (changed: AuditRow[], broken = at + 1, written = rows.length): Tampering => ({
    kind: how.kind,
    rows: changed,
    written,
    broken,
  });
  const row = own[at] as AuditRow;
  switch (how.kind) {
    case "edit": {
      const value = row[how.column];
      return result(
        own.with(at, { ...row, [how.column]: typeof value === "number" ? value + 1 : `${value}x` }),
      );
    }
    case "delete":
      return result(own.toSpliced(at, 1));
    case "swap": {
      const [one, other] = at === 0 ? [0, 1] : [at - 1, at];
      const [first, second] = [own[one] as AuditRow, own[other] as AuditRow];
      // Moved as somebody would who keeps the numbers in order.
      const moved = own.with(one, { ...second, seq: first.seq }).with(other, { ...first, seq: second.seq });
      return result(moved, one + 1);
    }
    case "insert": {
      const before = { ...row, actor: "x", hash: "0".repeat(64) };
      return result(own.toSpliced(at, 0, before).map((each, index) => ({ ...each, seq: index + 1 })));
    }
    case "cut":
      return result(own.slice(0, at));
    case "cut with its counter":
      return result(own.slice(0, at), at + 1, at);
    case "write anew with another key":
      return result([...own.slice(0, at), ...sealed(own, Buffer.alloc(32, 8)).slice(at)]);
  }
}

describe("a chain of entries", () => {
  it("is whole as it was written, in one portion or many, whatever the entries say", () => {
    fc.assert(
      fc.property(
        fc.array(content, { maxLength: 12 }),
        fc.integer({ min: 1, max: 5 }),
        (contents, portion) => {
          const rows = sealed(contents);
          const chain = walkChain(key, rows.length > 0 ? [headOf(rows)] : []);
          for (let from = 0; from < rows.length; from += portion)
            chain.take(rows.slice(from, from + portion));
          expect(chain.end(rows.length)).toMatchObject({ ok: true, entries: rows.length });
        },
      ),
      { numRuns: 200 },
    );
  });

  it("names the first broken entry after each of 10,000 tamperings", () => {
    const seen = new Map<string, number>();
    fc.assert(
      fc.property(
        fc.array(content, { minLength: 2, maxLength: 8 }),
        how,
        fc.double({ min: 0, max: 0.999, noNaN: true }),
        (contents, how, place) => {
          const rows = sealed(contents);
          const { kind, rows: changed, written, broken } = tamper(rows, how, Math.floor(place * rows.length));
          const found = check(changed, written, [headOf(rows)]);
          seen.set(kind, (seen.get(kind) ?? 0) + 1);
          expect(found).toMatchObject({ ok: false, seq: broken });
        },
      ),
      { numRuns: 10_000 },
    );
    expect(seen.size).toBe(7);
  });

  it("without a head noted elsewhere sees everything but a tail cut off together with its counter", () => {
    const rows = sealed(
      Array.from({ length: 12 }, (_, n) => ({
        at: n,
        metric_at: n,
        actor: "mara",
        verb: "approve",
        subject: "plan-1",
        detail: "{}",
      })),
    );
    const cut = rows.slice(0, 10);
    expect(check(cut, 10)).toMatchObject({ ok: true, entries: 10 });
    expect(check(cut, 12)).toMatchObject({ ok: false, seq: 11 });
    const anchor = { ...headOf(rows), at: Date.parse("2026-11-21T03:00:00Z") };
    expect(check(cut, 10, [anchor])).toEqual({
      ok: false,
      seq: 11,
      problem:
        "the chain ends at 10, but the anchor of 2026-11-21T03:00:00.000Z names 12: entries were cut off, or an older backup was put back",
    });
    expect(check(cut, 10, [{ seq: 12, hash: anchor.hash }])).toMatchObject({
      problem: expect.stringContaining("but the head you name names 12") as string,
    });
  });

  it("finds what somebody with the key wrote anew, from the first anchor that differs", () => {
    const story = (actor: string) =>
      Array.from({ length: 6 }, (_, n) => ({
        at: n,
        metric_at: n,
        actor: n === 2 ? actor : "mara",
        verb: "approve",
        subject: "plan-1",
        detail: "{}",
      }));
    const [told, forged] = [sealed(story("jon")), sealed(story("eve"))];
    const anchors = [told[1], told[4]].map((row) => headOf(row === undefined ? [] : [row]));
    expect(check(forged, 6)).toMatchObject({ ok: true });
    expect(check(forged, 6, anchors)).toEqual({
      ok: false,
      seq: 5,
      problem: "the anchor of 1970-01-01T00:00:00.000Z has another hash: it was written anew",
    });
  });
});
