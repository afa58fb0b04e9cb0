import type { Config } from "../../infra/config.ts";
import type { Log } from "../../infra/log.ts";
import { createConsole, createUpdates, type Updates } from "../console/app.ts";
import type { Listener, Place, ReadChart, Surface, SurfaceName } from "../surface.ts";

export type Surfaces = {
  surfaces: Map<SurfaceName, Surface>;
  /** Where incidents are told without being asked for. */
  homes: Place[];
  updates: Updates;
  /** Opens the chats that are configured; a chat that does not answer is tried again and holds nothing up. */
  connect(): Promise<void>;
};

/** Where incidents are told and people are called: the console always, the chats where a channel is named. */
export function homesOf({ slack, discord }: Pick<Config, "slack" | "discord">): Place[] {
  return [
    { surface: "console", channel: "console", thread: null },
    ...(slack?.channel ? [{ surface: "slack", channel: slack.channel, thread: null } as const] : []),
    ...(discord?.channel ? [{ surface: "discord", channel: discord.channel, thread: null } as const] : []),
  ];
}

/** The console always; Slack and Discord where tokens say so, loaded only then. */
export function openSurfaces(
  config: Config,
  deps: { listener: () => Listener; readChart: ReadChart; log: Log; wall: () => number },
): Surfaces {
  const updates = createUpdates((error) =>
    deps.log.warn({ error: String(error) }, "a page could not be told"),
  );
  const console = createConsole({ publish: updates.publish, now: deps.wall });
  const surfaces = new Map<SurfaceName, Surface>([["console", console]]);
  const homes = homesOf(config);

  async function connect(): Promise<void> {
    const { listener: lookUp, readChart, log, wall } = deps;
    const listener = lookUp();
    await console.start();
    if (config.slack !== null) {
      const { createSlack } = await import("../slack/app.ts");
      const { botToken, appToken, apiUrl } = config.slack;
      surfaces.set(
        "slack",
        createSlack({
          botToken,
          appToken,
          ...(apiUrl === null ? {} : { apiUrl }),
          listener,
          readChart,
          log,
          wall,
        }),
      );
    }
    if (config.discord !== null) {
      const { createDiscord } = await import("../discord/app.ts");
      const { token, apiUrl } = config.discord;
      surfaces.set(
        "discord",
        createDiscord({ token, ...(apiUrl === null ? {} : { apiUrl }), listener, readChart, log, wall }),
      );
    }
    const chats = [...surfaces.values()].filter((surface) => surface !== console);
    await Promise.all(chats.map((surface) => surface.start()));
  }

  return { surfaces, homes, updates, connect };
}
