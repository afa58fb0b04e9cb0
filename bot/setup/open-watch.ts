import type { Config } from "../../infra/config.ts";
import { createAlertDeliveries } from "../../infra/database/alert-deliveries.ts";
import type { LogBook } from "../../infra/log.ts";
import { createAlertIntake } from "../alerts/intake.ts";
import type { Bot } from "../bot.ts";
import { createWatch } from "../watch.ts";
import type { Ground } from "./open-ground.ts";
import type { Talking } from "./open-talk.ts";

/** What finds trouble: the watch over the metrics, and the intake of what Alertmanager tells. */
export function openWatch(
  config: Config,
  {
    bot,
    ground: { database },
    talking: { refresher, homes, announceMass },
    wall,
    log,
  }: {
    bot: Bot;
    ground: Pick<Ground, "database">;
    talking: Pick<Talking, "refresher" | "homes" | "announceMass">;
    wall: () => number;
    log: LogBook["log"];
  },
) {
  const mayPropose = !config.watchOnly;
  const watch = createWatch({
    bot,
    mayPropose,
    announce: (incident) => refresher.announce(incident, homes),
    announceFleet: (fleet) => refresher.announceFleet(fleet, homes),
    announceMass,
    log,
  });
  const deliveries = createAlertDeliveries({ db: database.db, wall });
  return { watch, intake: createAlertIntake({ bot, deliveries, mayPropose, tell: watch.tellOutside, log }) };
}
