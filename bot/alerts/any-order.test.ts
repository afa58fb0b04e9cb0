import fc from "fast-check";
import { expect, test } from "vitest";
import { watchWorld } from "../../fixtures/fakes/watch-world.ts";
import { createAlertIntake } from "./intake.ts";

/** One stay of one alert: seconds before now. `ended` null: it goes on. */
type Episode = { name: string; target: string; began: number; ended: number | null };
type Delivery = { episode: Episode; status: "firing" | "resolved" };

const now = 1_700_000_000;
const at = (secondsAgo: number) => new Date((now - secondsAgo) * 1_000).toISOString();

/** Alerts come and go one after the other; the last stay of an alert may last. */
const episodes: fc.Arbitrary<Episode[]> = fc
  .array(
    fc.record({
      lengths: fc.array(fc.integer({ min: 5, max: 300 }), { minLength: 1, maxLength: 4 }),
      lasts: fc.boolean(),
      target: fc.constantFrom("web-1", "web-2"),
    }),
    { minLength: 1, maxLength: 3 },
  )
  .map((alerts) =>
    alerts.flatMap(({ lengths, lasts, target }, index) =>
      lengths.map((length, n) => {
        const began = 3_000 - n * 600;
        const isLast = n === lengths.length - 1;
        return { name: `alert-${index}`, target, began, ended: isLast && lasts ? null : began - length };
      }),
    ),
  );

const inOrder = (all: readonly Episode[]): Delivery[] =>
  all
    .flatMap((episode): (Delivery & { at: number })[] => [
      { episode, status: "firing", at: -episode.began },
      ...(episode.ended === null ? [] : [{ episode, status: "resolved" as const, at: -episode.ended }]),
    ])
    .sort((one, other) => one.at - other.at);

/** The same, each once or more, in any order, several to a message. */
const shuffled = (all: readonly Episode[]) => {
  const once = inOrder(all);
  return fc
    .tuple(
      fc.shuffledSubarray([...once, ...once, ...once], { minLength: 0 }),
      fc.shuffledSubarray(once, { minLength: once.length }),
      fc.infiniteStream(fc.integer({ min: 1, max: 4 })),
    )
    .map(([more, each, sizes]) => {
      const messages: Delivery[][] = [];
      // Those that must come stand anywhere among the repeated ones.
      const rest = more.flatMap((delivery, index) => [delivery, ...each.slice(index, index + 1)]);
      const whole = [...rest, ...each.slice(more.length)];
      while (whole.length > 0) messages.push(whole.splice(0, sizes.next().value ?? 1));
      return messages;
    });
};

async function outcome(messages: readonly Delivery[][], restarts: boolean) {
  const watched = await watchWorld();
  watched.world.now = now * 1_000;
  const open = () =>
    createAlertIntake({
      bot: watched.bot,
      deliveries: watched.world.deliveries,
      mayPropose: false,
      tell: async () => undefined,
      log: { info: () => undefined, warn: () => undefined },
    });
  let intake = open();
  for (const message of messages) {
    const alerts = message.map(({ episode, status }) => ({
      status,
      fingerprint: episode.name,
      labels: { alertname: episode.name, target: episode.target },
      startsAt: at(episode.began),
      endsAt: status === "resolved" && episode.ended !== null ? at(episode.ended) : "0001-01-01T00:00:00Z",
    }));
    const body = { version: "4", groupKey: "g", receiver: "bot", alerts };
    expect(await intake.accept(body)).toEqual({ status: "stored" });
    if (restarts) intake = open();
    await intake.work();
  }
  const fires = (await watched.open()).flatMap(({ target, alerts }) =>
    alerts.flatMap(({ key, status, startsAt }) =>
      status === "firing" ? [`${target} ${key} ${startsAt}`] : [],
    ),
  );
  const quiet = (await watched.open()).filter(({ alerts }) =>
    alerts.every(({ status }) => status !== "firing"),
  );
  await watched.close();
  expect(quiet).toEqual([]);
  return fires.sort();
}

test("deliveries repeated, reordered and cut into messages in any way end where one of each in order ends", async () => {
  await fc.assert(
    fc.asyncProperty(
      episodes.chain((all) => fc.tuple(fc.constant(all), shuffled(all), fc.boolean())),
      async ([all, messages, restarts]) => {
        const wanted = all.flatMap(({ name, target, began, ended }) =>
          ended === null ? [`${target} alertmanager:${name} ${now - began}`] : [],
        );
        expect(
          await outcome(
            inOrder(all).map((delivery) => [delivery]),
            false,
          ),
        ).toEqual(wanted.sort());
        expect(await outcome(messages, restarts)).toEqual(wanted.sort());
      },
    ),
    { numRuns: 80 },
  );
}, 30_000);
