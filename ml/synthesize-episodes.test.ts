import { expect, test } from "vitest";
import { createRandom } from "./random.ts";
import { type Episode, placeEpisodes, shapes } from "./synthesize-episodes.ts";

const day = 86_400;
const start = 1_700_000_000;

const minutes = ({ phases }: Episode, phase: number) => (phases[phase + 1]! - phases[phase]!) / 60;
const seconds = ({ phases }: Episode) => phases.at(-1)! - phases[0]!;

test.each([1, 2, 3])(
  "a month of seed %i holds each kind's share of the time, within half a percent point",
  (seed) => {
    const episodes = placeEpisodes(start, 30 * day, createRandom(seed));
    for (const [kind, { share }] of Object.entries(shapes)) {
      const own = episodes.filter((episode) => episode.kind === kind);
      const part = own.reduce((sum, episode) => sum + seconds(episode), 0) / (30 * day);
      expect(Math.abs(part - share), kind).toBeLessThan(0.005);
    }
  },
);

test("phases last as long as they should, and their lengths differ", () => {
  const episodes = placeEpisodes(start, 60 * day, createRandom(7));
  const lengths = new Set<number>();
  for (const episode of episodes) {
    const [first = 0, second = 0, third = 0, fourth = 0] = episode.phases
      .slice(1)
      .map((_, i) => minutes(episode, i));
    lengths.add(Math.round(seconds(episode)));
    if (episode.kind === "cpu_spike") {
      expect([first, third, fourth].map(Math.round)).toEqual([60, 2, 30]);
      expect(second).toBeGreaterThanOrEqual(9.99);
      expect(second).toBeLessThanOrEqual(15.01);
    }
    if (episode.kind === "memory_leak") {
      expect(first).toBeGreaterThanOrEqual(359.9);
      expect(first).toBeLessThanOrEqual(720.1);
      expect(Math.round(second)).toBe(2);
    }
    if (episode.kind === "error_storm") {
      expect(first).toBeGreaterThanOrEqual(4.99);
      expect(first).toBeLessThanOrEqual(10.01);
      expect(Math.round(second)).toBe(15);
    }
  }
  expect(lengths.size).toBeGreaterThan(50);
});

test("episodes are in order, inside the time, and apart from each other", () => {
  const episodes = placeEpisodes(start, 30 * day, createRandom(5));
  const gaps = episodes.slice(1).map(({ phases }, i) => phases[0]! - episodes[i]!.phases.at(-1)!);
  expect(Math.min(...gaps)).toBeGreaterThanOrEqual(20 * 60 - 1);
  expect(episodes[0]!.phases[0]).toBeGreaterThan(start);
  expect(episodes.at(-1)!.phases.at(-1)).toBeLessThan(start + 30 * day);
  const order = episodes.map(({ kind }) => kind).join(" ");
  expect(order).toMatch(/error_storm cpu_spike/);
  expect(order).toMatch(/cpu_spike error_storm/);
});

test("a week holds one leak of about its share; a day is too short for any leak", () => {
  const leaks = (days: number) =>
    placeEpisodes(start, days * day, createRandom(1)).filter(({ kind }) => kind === "memory_leak");
  expect(leaks(7)).toHaveLength(1);
  expect(seconds(leaks(7)[0]!) / (7 * day)).toBeCloseTo(0.04, 3);
  expect(leaks(1)).toEqual([]);
});
