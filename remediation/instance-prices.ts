/**
 * US dollars an hour of a family's `large`: on demand, Linux, us-east-1, from AWS's public price list
 * (https://aws.amazon.com/ec2/pricing/on-demand/), written down on 2026-11-21. Within a family the price goes with the
 * size. Other regions cost more; the card says which one this is.
 */
const largeAnHour: Readonly<Record<string, number>> = {
  t2: 0.0928,
  t3: 0.0832,
  t3a: 0.0752,
  t4g: 0.0672,
  m5: 0.096,
  m5a: 0.086,
  m6a: 0.0864,
  m6g: 0.077,
  m6i: 0.096,
  m7g: 0.0816,
  m7i: 0.1008,
  c5: 0.085,
  c6g: 0.068,
  c6i: 0.085,
  c7g: 0.0725,
  c7i: 0.08925,
  r5: 0.126,
  r6g: 0.1008,
  r6i: 0.126,
  r7g: 0.1071,
  r7i: 0.1323,
};

const sizes: Readonly<Record<string, number>> = {
  nano: 1 / 16,
  micro: 1 / 8,
  small: 1 / 4,
  medium: 1 / 2,
  large: 1,
  xlarge: 2,
  "2xlarge": 4,
  "4xlarge": 8,
  "8xlarge": 16,
};

/** Only these families come smaller than `large`, and none of them larger than `2xlarge`. */
const burstable = /^t\d/;

/** Dollars an hour of a type, on demand, Linux, us-east-1; null: not known here. */
export function pricePerHour(type: string): number | null {
  const [family = "", size = "", ...rest] = type.split(".");
  if (rest.length > 0 || !Object.hasOwn(largeAnHour, family) || !Object.hasOwn(sizes, size)) return null;
  const factor = sizes[size] ?? Number.NaN;
  if (burstable.test(family) ? factor > 4 : factor < 1) return null;
  return Math.round((largeAnHour[family] ?? Number.NaN) * factor * 1e5) / 1e5;
}

const hoursAMonth = 730;

/** "$0.0104 -> $0.0832 an hour, about $53 a month more (on demand, Linux, us-east-1)". */
export function priceChange(before: string, after: string): string {
  const [was, is] = [pricePerHour(before), pricePerHour(after)];
  if (was === null || is === null) {
    return "the difference in price is not known here";
  }
  const month = Math.round(Math.abs(is - was) * hoursAMonth);
  const more = month === 0 ? "" : `, about $${month} a month ${is > was ? "more" : "less"}`;
  return `$${was} -> $${is} an hour${more} (on demand, Linux, us-east-1)`;
}
