import { behaviourSettings } from "./settings/behaviour.ts";
import { chatSettings } from "./settings/chat.ts";
import { cloudSettings } from "./settings/cloud.ts";
import { demoSettings } from "./settings/demo.ts";
import { laterSettings } from "./settings/later.ts";
import { metricsSettings } from "./settings/metrics.ts";
import { pageSettings } from "./settings/page.ts";
import type { Setting } from "./settings/setting.ts";

/** Every setting, in the order in which people read of them. */
export const settings = [
  ...pageSettings,
  ...metricsSettings,
  ...cloudSettings,
  ...chatSettings,
  ...behaviourSettings,
  ...demoSettings,
  ...laterSettings,
] as const satisfies readonly Setting[];

export type SettingName = (typeof settings)[number]["name"];

/** What the environment and its secret files say, still as text; what is not set is absent. */
export type RawSettings = Partial<Record<SettingName, string>>;
