import type { Target } from "../inventory.ts";

/** What an address may be made of here: nothing that could end a text in PromQL. Anything else is not narrowed to. */
const plainAddress = /^[0-9A-Za-z.:_-]{1,253}$/;
/** Of more targets the answer is fetched whole. */
const mostTargets = 20;

/**
 * A catalog expression that answers these targets alone: without it, a question about one of ten thousand targets would
 * fetch all of them. The catalog's expressions keep the `address` (`$by`), and every address of a target is known from
 * `up`. The expression itself where that does not hold: a target without a plain address, or too many of them.
 */
export function narrowTo(targets: readonly Pick<Target, "addresses">[], expr: string): string {
  const addresses = [...new Set(targets.flatMap((target) => target.addresses))];
  const isPlain =
    targets.length > 0 &&
    targets.length <= mostTargets &&
    targets.every((target) => target.addresses.length > 0) &&
    addresses.every((address) => plainAddress.test(address));
  if (!isPlain) return expr;
  // The labels of a series keep the brackets of an IPv6 address.
  const written = addresses.flatMap((one) => (one.includes(":") ? [one, `[${one}]`] : [one]));
  const only = written.map((address) => `label_replace(vector(1), "address", "${address}", "", "")`);
  return `(${expr}) and on (address) (${only.join(" or ")})`;
}
