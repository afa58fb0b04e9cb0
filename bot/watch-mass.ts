import type { Context } from "../remediation/context.ts";
import { createMassWatch, type Face, type MassEvent, suspectMonitoring } from "../remediation/mass-event.ts";
import type { Reading } from "./detector.ts";
import { type Due, faceOf } from "./watch-judge.ts";

/** Trouble that began so shortly before a start still counts among what falls at once. */
const massSeconds = 300;

/** Gathers what each target of a round looks like, and turns autonomy off when too many fall at once. */
export function createMassTeller({
  core,
  announce,
  log,
}: {
  core: Context;
  announce: ((event: MassEvent) => Promise<void>) | undefined;
  log: { warn(fields: object, message: string): void };
}) {
  const mass = createMassWatch();
  let faces = new Map<string, Face>();
  let recent = new Set<string>();

  return {
    note(reading: Reading, wrong: readonly Due[], now: number): void {
      faces.set(reading.target, faceOf(reading, wrong));
      if (wrong.some(({ startsAt }) => now - startsAt <= massSeconds)) recent.add(reading.target);
    },
    /** Ends the round. It is told once for each time that autonomy is turned off by it. */
    async tell(now: number): Promise<void> {
      const event = mass.look(faces, now, recent);
      [faces, recent] = [new Map(), new Set()];
      if (event === null) return;
      if (await suspectMonitoring(event, core)) {
        const { targets, fleet } = event;
        log.warn({ targets: targets.length, fleet }, "suspect monitoring: autonomy is off");
        await announce?.(event);
      }
      mass.forget();
    },
  };
}
