import { known, type Setting } from "./setting.ts";

/** What the bot may do, and how it behaves. */
export const behaviourSettings = [
  {
    ...known,
    name: "SMARTCLOUDOPS_POLICY",
    group: "behaviour",
    meaning: "YAML file of people, roles and limits. Unset: nobody may approve, but for the demo on loopback",
  },
  {
    ...known,
    name: "SMARTCLOUDOPS_RULES",
    group: "behaviour",
    meaning: "YAML file of rules. Unset: the built-in rules",
  },
  {
    ...known,
    name: "SMARTCLOUDOPS_RUNBOOKS",
    group: "behaviour",
    meaning: "Folder of runbooks. Unset: the built-in runbooks",
  },
  {
    ...known,
    name: "SMARTCLOUDOPS_ALARM_BUDGET",
    group: "behaviour",
    fallback: "0.25",
    meaning: "Alarms per target and day that a detector may raise in calm times",
  },
  {
    ...known,
    name: "SMARTCLOUDOPS_RETRAIN_HOURS",
    group: "behaviour",
    fallback: "24",
    meaning:
      "Hours between the looks at whether a target's model should be trained anew, 0 to 720; 0: never by itself",
  },
  {
    ...known,
    name: "SMARTCLOUDOPS_WATCH_ONLY",
    group: "behaviour",
    fallback: "false",
    meaning: "true: watch and answer, refuse every action",
  },
  {
    ...known,
    name: "SMARTCLOUDOPS_LLM",
    group: "behaviour",
    fallback: "none",
    meaning: "Language model: none; openai and gemini arrive with a later version",
  },
  {
    ...known,
    name: "SMARTCLOUDOPS_LOG_LEVEL",
    group: "behaviour",
    fallback: "info",
    meaning: "error, warn, info or debug (debug is refused with real tokens)",
  },
] as const satisfies readonly Setting[];
