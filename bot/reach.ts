import type { Bot } from "./bot.ts";
import { list } from "./format.ts";

/** Chats in which a person can be called; the console calls nobody. */
const callingSurfaces = ["slack", "discord"] as const;

/** The chat identities that today's policy links to these people; who was taken out of it is not addressed. */
export function identitiesOf(people: readonly string[], { core }: Pick<Bot, "core">): string[] {
  return people.flatMap((id) =>
    Object.hasOwn(core.policy.people, id)
      ? (core.policy.people[id]?.identities ?? []).filter((identity) => callingSurface(identity) !== null)
      : [],
  );
}

/** Those of these people (ids or names of the policy) whom a card on the home channels does not call. */
export function unreached(people: readonly string[], bot: Pick<Bot, "core" | "homes">): string[] {
  return people.filter((person) => !isReached(person, bot));
}

/**
 * What must be told of a call that does not reach everybody, and what to configure; "" when it reaches all of them.
 * `people` are ids or names of the policy.
 */
export function unreachedSentence(people: readonly string[], bot: Pick<Bot, "core" | "homes">): string {
  const missed = unreached(people, bot);
  if (missed.length === 0) return "";
  const names = list(missed.map((person) => nameOf(person, bot)));
  const whom = missed.length === people.length ? "Nobody was reached" : `This did not reach ${names}`;
  if (!bot.homes.some(({ surface }) => callingSurfaces.some((each) => each === surface)))
    return `${whom}: I have no home channel in a chat. Set SMARTCLOUDOPS_SLACK_CHANNEL or SMARTCLOUDOPS_DISCORD_CHANNEL, and call ${names} yourself.`;
  return `${whom}: the policy links ${names} to no account in a chat where I have a home channel. Add it under \`identities\`, and call ${names} yourself.`;
}

function isReached(person: string, bot: Pick<Bot, "core" | "homes">): boolean {
  const surfaces = identitiesOf([idOf(person, bot)], bot).map(callingSurface);
  return bot.homes.some(({ surface }) => surfaces.some((each) => each === surface));
}

function callingSurface(identity: string): (typeof callingSurfaces)[number] | null {
  return callingSurfaces.find((surface) => identity.startsWith(`${surface}:`)) ?? null;
}

function idOf(person: string, { core }: Pick<Bot, "core">): string {
  if (Object.hasOwn(core.policy.people, person)) return person;
  return Object.entries(core.policy.people).find(([, { name }]) => name === person)?.[0] ?? person;
}

function nameOf(person: string, { core }: Pick<Bot, "core">): string {
  return Object.hasOwn(core.policy.people, person) ? (core.policy.people[person]?.name ?? person) : person;
}
