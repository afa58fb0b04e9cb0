import type { Intent } from "../intent.ts";
import { isKnownService } from "../known-services.ts";
import type { Slots } from "../phrase-pattern.ts";
import { mayNameTarget, surelyNamesTarget } from "../target-words.ts";
import { subjectOf } from "./order.ts";

const knownRunbooks = new Set(
  "restart-service clean-disk reboot diagnostics practice stop start scale stop-service start-service change-type".split(
    " ",
  ),
);
const numberNamed = ["zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten"];

type Params = Record<string, string>;

/** A proposal of a remedy; without a runbook its rule chooses one. Null when what it is about cannot be a target or an incident. */
export function remedy(runbook: string | undefined, slots: Slots, params?: Params): Intent | null {
  const subject = subjectOf(slots);
  if (subject === null) return null;
  return {
    kind: "remediate",
    ...subject,
    ...(runbook === undefined ? {} : { runbook }),
    ...(params === undefined ? {} : { params }),
  };
}

/** A remedy for a service; null when the word before "on TARGET" cannot be one. */
export function serviceRemedy(runbook: string, slots: Slots): Intent | null {
  const service = slots.service?.trim() ?? "";
  if (/^(?:service|services)$/u.test(service)) return remedy(runbook, slots);
  const named = isKnownService(service) || mayNameTarget(service);
  return named && !/^(?:inc|plan)-/u.test(service) ? remedy(runbook, slots, { service }) : null;
}

/** `params` hold one of `to`, `by` (a signed number) and `direction`. */
export function scaleRemedy(slots: Slots, params: Params): Intent | null {
  return remedy("scale", slots, params);
}

/** "restart X": a machine, or a service whose machine was not said. Restarting a machine leaves the remedy open. */
export function restartOne(slots: Slots): Intent | null {
  const word = slots.target?.trim() ?? "";
  if (subjectOf(slots)?.id !== undefined) return remedy(undefined, slots);
  if (surelyNamesTarget(word) && !isKnownService(word)) return remedy(undefined, slots);
  return serviceRemedy("restart-service", { service: word });
}

/** "stop X", "start X": the service of a known name, else the machine. */
export function haltOne(word: "stop" | "start", slots: Slots): Intent | null {
  const named = slots.target?.trim() ?? "";
  return isKnownService(named) ? remedy(`${word}-service`, {}, { service: named }) : remedy(word, slots);
}

/** "run X on Y": any name of a runbook when the word runbook was said, else only one of ours. */
export function runNamed(slots: Slots, saidRunbook: boolean): Intent | null {
  const runbook = slots.runbook?.trim() ?? "";
  const isRunbook = saidRunbook ? /^[a-z0-9][a-z0-9_.-]*$/u.test(runbook) : knownRunbooks.has(runbook);
  return isRunbook ? remedy(runbook, slots) : null;
}

/** The number said, in digits: count({ number: "three" }) // => "3". */
export function count(slots: Slots): string {
  const said = slots.number?.trim() ?? "";
  const named = numberNamed.indexOf(said);
  return named >= 0 ? String(named) : said;
}
