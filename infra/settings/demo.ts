import { known, type Setting } from "./setting.ts";

/** The recorded incident that is shown without a Prometheus. */
export const demoSettings = [
  {
    ...known,
    name: "SMARTCLOUDOPS_REPLAY",
    group: "demo",
    meaning: "Folder of the capture to replay. Unset: the one that comes with the package",
  },
  {
    ...known,
    name: "SMARTCLOUDOPS_REPLAY_SPEED",
    group: "demo",
    fallback: "10",
    meaning: "How many times faster than recorded the replay runs, 1 to 1000",
  },
  {
    ...known,
    name: "SMARTCLOUDOPS_REPLAY_FAULT",
    group: "demo",
    meaning: "Which recorded fault to show, or none. Unset: the first one",
  },
] as const satisfies readonly Setting[];
