import { writeDurations } from "./durations.ts";
import { takeWhen } from "./when.ts";

/** Takes the time out of the words of a command, before its reason: "remediate web-1 reboot at 02:00 because ...". */
export function takeTime(typed: readonly string[]): { typed: string[]; when: string } | null {
  const because = typed.findIndex((word) => word.toLowerCase() === "because");
  const end = because < 0 ? typed.length : because;
  const timed = takeWhen(writeDurations(typed.slice(0, end).join(" ").toLowerCase()));
  if (timed === null) return null;
  const kept = timed.words === "" ? 0 : timed.words.split(" ").length;
  const before = typed.slice(0, kept);
  // A length of time written anew before the time itself would make the words miscount.
  if (before.join(" ").toLowerCase() !== timed.words) return null;
  return { typed: [...before, ...typed.slice(end)], when: timed.when };
}
