import { known, type Setting } from "./setting.ts";

const later = { ...known, group: "later", meaning: "Arrives with a later version" } as const;

/** What later versions bring. */
export const laterSettings = [
  {
    ...later,
    name: "SLACK_SIGNING_SECRET",
    secret: true,
    later: "Slack's HTTP mode arrives with a later version: unset it and set SLACK_APP_TOKEN (Socket Mode)",
  },
  {
    ...later,
    name: "SMARTCLOUDOPS_HEARTBEAT_URL",
    later: "the heartbeat arrives with a later version: unset it",
  },
] as const satisfies readonly Setting[];
