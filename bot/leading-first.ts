import type { Reason } from "../ml/explain.ts";
import { quantityOf } from "./cards/closer-look.ts";

/**
 * The reasons with those of the leading quantity first: memory in bytes and memory in percent are one quantity, and
 * share what they say between them. Else the largest share comes first, as it came.
 */
export function leadingFirst(top: readonly Reason[]): Reason[] {
  const said = new Map<string, number>();
  for (const { metric, share } of top)
    said.set(quantityOf(metric), (said.get(quantityOf(metric)) ?? 0) + share);
  const weight = ({ metric }: Reason) => said.get(quantityOf(metric)) ?? 0;
  return [...top].sort((a, b) => weight(b) - weight(a) || b.share - a.share);
}
