/** One environment variable as people read about it: the source of `.env.example` and of the README's table. */
export type Setting = {
  name: string;
  group: "page" | "metrics" | "cloud" | "chat" | "behaviour" | "demo" | "later";
  meaning: string;
  /** As it would be written in the environment; null: unset has its own meaning, told in `meaning`. */
  fallback: string | null;
  /** May also come as `NAME_FILE`, the path of a file that holds it; never logged. */
  secret: boolean;
  /** Known to the design but not to this version: setting it is refused with this sentence. */
  later?: string;
};

const known = { secret: false, fallback: null } as const;
const later = { ...known, group: "later", meaning: "Arrives with a later version" } as const;

export const settings = [
  {
    ...known,
    name: "PORT",
    group: "page",
    fallback: "3000",
    meaning: "Port of the console and the HTTP API; 0 takes a free one",
  },
  {
    ...known,
    name: "HOST",
    group: "page",
    fallback: "127.0.0.1",
    meaning: "Address to listen on: an IP address or localhost",
  },
  {
    ...known,
    name: "SMARTCLOUDOPS_PUBLIC_URL",
    group: "page",
    meaning: "How people reach the console from elsewhere; used in links on cards",
  },
  {
    ...known,
    name: "SMARTCLOUDOPS_DATA_DIR",
    group: "page",
    fallback: "./data",
    meaning: "Folder of the store and the models",
  },
  {
    ...known,
    name: "DATABASE_URL",
    group: "page",
    secret: true,
    meaning:
      "PostgreSQL as the store: postgres://user:password@host:5432/name. Unset: SQLite in the data folder",
  },

  {
    ...known,
    name: "PROMETHEUS_URL",
    group: "metrics",
    meaning: "Your Prometheus (or Thanos, Mimir, VictoriaMetrics). Unset: the recorded incident is replayed",
  },
  {
    ...known,
    name: "SMARTCLOUDOPS_CATALOG",
    group: "metrics",
    meaning: "YAML file that overrides or adds metrics. Unset: the built-in catalog",
  },
  {
    ...known,
    name: "SMARTCLOUDOPS_TARGETS",
    group: "metrics",
    meaning: "YAML file that names targets. Unset: found through Prometheus and EC2",
  },
  {
    ...known,
    name: "SMARTCLOUDOPS_RATE_WINDOW",
    group: "metrics",
    meaning: "Window of rates, for example 2m. Unset: four scrape intervals",
  },
  {
    ...known,
    name: "SMARTCLOUDOPS_COLLECTION_SECONDS",
    group: "metrics",
    fallback: "60",
    meaning: "Seconds between two rows of the collected history, 5 to 3600; no less than the scrape interval",
  },
  {
    ...known,
    name: "SMARTCLOUDOPS_RETENTION_DAYS",
    group: "metrics",
    fallback: "90",
    meaning: "Days for which the collected history is kept, 1 to 3650",
  },

  {
    ...known,
    name: "SMARTCLOUDOPS_CLOUD",
    group: "cloud",
    fallback: "dry-run",
    meaning: "dry-run (writes what it would have done) or aws (really acts)",
  },
  {
    ...known,
    name: "AWS_REGION",
    group: "cloud",
    meaning:
      "Region of the instances and of the model bucket; read only with SMARTCLOUDOPS_CLOUD=aws or SMARTCLOUDOPS_MODEL_BUCKET. Unset: the AWS profile's",
  },
  {
    ...known,
    name: "AWS_ENDPOINT_URL",
    group: "cloud",
    meaning:
      "Another endpoint of the AWS APIs; read only with SMARTCLOUDOPS_CLOUD=aws or SMARTCLOUDOPS_MODEL_BUCKET",
  },
  {
    ...known,
    name: "SMARTCLOUDOPS_EXEC_ROLE_ARN",
    group: "cloud",
    meaning:
      "IAM role under which an approved plan acts: one session a plan, limited to what the plan names. Unset: the bot's own rights",
  },
  {
    ...known,
    name: "SMARTCLOUDOPS_MODEL_BUCKET",
    group: "cloud",
    meaning: "S3 bucket that keeps the models. Unset: only the files in SMARTCLOUDOPS_DATA_DIR",
  },
  {
    ...known,
    name: "SMARTCLOUDOPS_MODEL_PREFIX",
    group: "cloud",
    meaning: "What the keys of the models in the bucket begin with, for example smartcloudops/models/",
  },

  {
    ...known,
    name: "SMARTCLOUDOPS_ALERTS_TOKEN",
    group: "metrics",
    secret: true,
    meaning: "Bearer that Alertmanager sends with its webhook. Unset: only this machine may post alerts",
  },
  {
    ...known,
    name: "ALERTMANAGER_URL",
    group: "metrics",
    meaning: "Your Alertmanager, which is told of silences. Unset: an incident is silenced only here",
  },
  {
    ...known,
    name: "SMARTCLOUDOPS_CHANGES_TOKEN",
    group: "metrics",
    secret: true,
    meaning:
      "Bearer that a CI sends to POST /changes. Unset: only an operator on this machine may tell of changes",
  },

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

export type SettingName = (typeof settings)[number]["name"];

/** What the environment and its secret files say, still as text; what is not set is absent. */
export type RawSettings = Partial<Record<SettingName, string>>;
