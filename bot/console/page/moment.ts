import { element } from "./elements.ts";

/** "12 min ago · 03:14", in the reader's zone; `at` and `now` are unix ms. A clock ahead of ours counts as now. */
export function moment(at: number, now: number): string {
  const minutes = Math.floor((now - at) / 60_000);
  const clock = new Date(at).toLocaleTimeString([], { hour: "2-digit", minute: "2-digit", hourCycle: "h23" });
  if (minutes < 1) return `just now · ${clock}`;
  if (minutes < 60) return `${minutes} min ago · ${clock}`;
  if (minutes < 24 * 60) return `${Math.floor(minutes / 60)} h ago · ${clock}`;
  const day = new Date(at).toLocaleDateString([], { day: "numeric", month: "short" });
  return `${Math.floor(minutes / (24 * 60))} d ago · ${day}, ${clock}`;
}

/** A time that `refreshMoments` keeps true. Not read aloud when it changes. */
export function momentElement(at: number, now: number): HTMLTimeElement {
  return element(
    "time",
    { datetime: new Date(at).toISOString(), title: new Date(at).toLocaleString(), "aria-live": "off" },
    moment(at, now),
  );
}

export function refreshMoments(within: HTMLElement, now: number): void {
  for (const time of within.querySelectorAll("time")) {
    const text = moment(Date.parse(time.dateTime), now);
    if (time.textContent !== text) time.textContent = text;
  }
}
