import { known, type Setting } from "./setting.ts";

/** The chats. */
export const chatSettings = [
  {
    ...known,
    name: "SLACK_BOT_TOKEN",
    group: "chat",
    secret: true,
    meaning: "Slack bot token (xoxb-...); needs SLACK_APP_TOKEN too",
  },
  {
    ...known,
    name: "SLACK_APP_TOKEN",
    group: "chat",
    secret: true,
    meaning: "Slack app-level token (xapp-...) for Socket Mode",
  },
  { ...known, name: "SLACK_API_URL", group: "chat", meaning: "Another base URL of Slack's Web API" },
  {
    ...known,
    name: "SMARTCLOUDOPS_SLACK_CHANNEL",
    group: "chat",
    meaning: "Slack channel id where incidents are posted. Unset: Slack only answers",
  },
  { ...known, name: "DISCORD_TOKEN", group: "chat", secret: true, meaning: "Discord bot token" },
  { ...known, name: "DISCORD_API_URL", group: "chat", meaning: "Another base URL of Discord's REST API" },
  {
    ...known,
    name: "SMARTCLOUDOPS_DISCORD_CHANNEL",
    group: "chat",
    meaning: "Discord channel id where incidents are posted. Unset: Discord only answers",
  },
] as const satisfies readonly Setting[];
