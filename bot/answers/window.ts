import { parseDuration } from "../../remediation/duration.ts";
import { privately, type Response } from "../bot.ts";
import { refusalCard } from "../cards/refusals.ts";
import { duration } from "../format.ts";

/** A window a person named, in seconds within bounds, or the refusal that says what would do. */
export function windowSeconds(
  text: string | undefined,
  fallback: number,
  bounds: { least: number; most: number },
): { ok: true; seconds: number } | { ok: false; response: Response } {
  if (text === undefined) return { ok: true, seconds: fallback };
  const seconds = (parseDuration(text) ?? Number.NaN) / 1_000;
  if (seconds >= bounds.least && seconds <= bounds.most) return { ok: true, seconds };
  return {
    ok: false,
    response: privately(
      refusalCard(
        "I cannot use that duration",
        `"${text}" should be written like 30m, 2h or 7d, from ${duration(bounds.least)} to ${duration(bounds.most)}.`,
      ),
    ),
  };
}
