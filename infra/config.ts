import { contradictions } from "./config-contradictions.ts";
import { unknownNames } from "./config-names.ts";
import { type RawSettings, type SettingName, settings } from "./config-settings.ts";
import { type Values, valueSchemas } from "./config-values.ts";
import { ConfigError } from "./errors.ts";
import type { Setting } from "./settings/setting.ts";

/** What the environment says, read once at start. Null is "not set"; what that means stands at each setting. */
export type Config = {
  port: number;
  /** An IP address, never a name. */
  host: string;
  publicUrl: string | null;
  dataDirectory: string;
  /** PostgreSQL as the store, password included; null: SQLite in the data folder. */
  databaseUrl: string | null;
  metrics:
    | { kind: "prometheus"; url: string }
    /** `directory` null: the capture that comes with the package; `fault` null: its first; "none": the quiet part. */
    | { kind: "recording"; directory: string | null; speed: number; fault: string | null };
  catalogFile: string | null;
  targetsFile: string | null;
  rateWindow: string | null;
  /** Of the metrics history: seconds between two rows of a target, and for how many days they are kept. */
  collectionSeconds: number;
  retentionDays: number;
  /** What Alertmanager must send; null: only this machine may post alerts. */
  alertsToken: string | null;
  /** Which Alertmanager is told of silences; null: none. */
  alertmanagerUrl: string | null;
  /** What whoever tells of changes must send; null: only this machine may tell. */
  changesToken: string | null;
  cloud:
    | { kind: "dry-run" }
    | { kind: "aws"; region: string | null; endpoint: string | null; execRole: string | null };
  slack: { botToken: string; appToken: string; apiUrl: string | null; channel: string | null } | null;
  discord: { token: string; apiUrl: string | null; channel: string | null } | null;
  policyFile: string | null;
  rulesFile: string | null;
  runbooksDirectory: string | null;
  /** Where models are kept besides the data folder; null: nowhere. */
  modelBucket: { bucket: string; prefix: string; region: string | null; endpoint: string | null } | null;
  /** Alarms per target and day. */
  alarmBudget: number;
  /** Hours between looks at whether a model should be trained anew; 0: never by itself. */
  retrainHours: number;
  watchOnly: boolean;
  logLevel: "error" | "warn" | "info" | "debug";
  /** Every secret above once more, for the log to hide wherever it turns up. */
  secrets: readonly string[];
};

/** Reads a text file; throws when it cannot be read. */
export type ReadFile = (path: string) => string;

/**
 * The typed configuration of an environment. Absence has a default; garbage, unknown `SMARTCLOUDOPS_*` names and
 * contradictions are collected and thrown together as one ConfigError. Credentials of AWS or of a language model that
 * lie in the environment are never read here.
 */
export function loadConfig(environment: NodeJS.ProcessEnv, readFile: ReadFile): Config {
  const problems = unknownNames(environment);
  const raw = readRaw(environment, readFile, problems);
  problems.push(...laterProblems(raw), ...emptyProblems(raw));
  const values = parseValues(raw, problems);
  problems.push(...contradictions(raw));
  if (values === null || problems.length > 0) throw new ConfigError(problems);
  return assemble(values);
}

/** Read only where AWS is asked for: what other programs leave in the environment is none of our business. */
const onlyWithAws: readonly SettingName[] = ["AWS_REGION", "AWS_ENDPOINT_URL"];

function readRaw(environment: NodeJS.ProcessEnv, readFile: ReadFile, problems: string[]): RawSettings {
  const raw: RawSettings = {};
  const usesAws =
    environment.SMARTCLOUDOPS_CLOUD === "aws" || environment.SMARTCLOUDOPS_MODEL_BUCKET !== undefined;
  for (const setting of settings) {
    if (onlyWithAws.includes(setting.name) && !usesAws) continue;
    const value = setting.secret
      ? readSecret(setting.name, environment, readFile, problems)
      : environment[setting.name];
    if (value !== undefined) raw[setting.name] = value;
  }
  return raw;
}

function readSecret(
  name: SettingName,
  environment: NodeJS.ProcessEnv,
  readFile: ReadFile,
  problems: string[],
): string | undefined {
  const path = environment[`${name}_FILE`];
  if (path === undefined) return environment[name];
  if (environment[name] !== undefined) {
    problems.push(`${name} and ${name}_FILE are both set: keep one of them`);
    return undefined;
  }
  try {
    return readFile(path).replace(/\r?\n$/, "");
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    problems.push(`${name}_FILE cannot be read (${reason}): check the path and its permissions`);
    return undefined;
  }
}

function laterProblems(raw: RawSettings): string[] {
  return settings.flatMap((setting: Setting & { name: SettingName }) =>
    setting.later !== undefined && raw[setting.name] !== undefined
      ? [`${setting.name}: ${setting.later}`]
      : [],
  );
}

function emptyProblems(raw: RawSettings): string[] {
  return Object.entries(raw)
    .filter(([, value]) => value === "")
    .map(([name]) => `${name} is empty: remove it or give it a value`);
}

function parseValues(raw: RawSettings, problems: string[]): Values | null {
  const values: Record<string, unknown> = {};
  let complete = true;
  for (const setting of settings) {
    if (!(setting.name in valueSchemas) || raw[setting.name] === "") continue;
    const schema = valueSchemas[setting.name as keyof Values];
    const parsed = schema.safeParse(raw[setting.name] ?? setting.fallback ?? undefined);
    if (parsed.success) {
      values[setting.name] = parsed.data;
      continue;
    }
    complete = false;
    problems.push(`${setting.name} ${parsed.error.issues[0]?.message ?? "is not usable"}`);
  }
  // Each value above passed the schema of its own name, which is what the type says.
  return complete ? (values as Values) : null;
}

function assemble(values: Values): Config {
  return {
    port: values.PORT,
    host: values.HOST,
    publicUrl: values.SMARTCLOUDOPS_PUBLIC_URL ?? null,
    dataDirectory: values.SMARTCLOUDOPS_DATA_DIR,
    databaseUrl: values.DATABASE_URL ?? null,
    metrics: metricsOf(values),
    catalogFile: values.SMARTCLOUDOPS_CATALOG ?? null,
    targetsFile: values.SMARTCLOUDOPS_TARGETS ?? null,
    rateWindow: values.SMARTCLOUDOPS_RATE_WINDOW ?? null,
    collectionSeconds: values.SMARTCLOUDOPS_COLLECTION_SECONDS,
    retentionDays: values.SMARTCLOUDOPS_RETENTION_DAYS,
    cloud:
      values.SMARTCLOUDOPS_CLOUD === "aws"
        ? {
            kind: "aws",
            region: values.AWS_REGION ?? null,
            endpoint: values.AWS_ENDPOINT_URL ?? null,
            execRole: values.SMARTCLOUDOPS_EXEC_ROLE_ARN ?? null,
          }
        : { kind: "dry-run" },
    slack: slackOf(values),
    discord: discordOf(values),
    policyFile: values.SMARTCLOUDOPS_POLICY ?? null,
    rulesFile: values.SMARTCLOUDOPS_RULES ?? null,
    runbooksDirectory: values.SMARTCLOUDOPS_RUNBOOKS ?? null,
    modelBucket: bucketOf(values),
    alarmBudget: values.SMARTCLOUDOPS_ALARM_BUDGET,
    retrainHours: values.SMARTCLOUDOPS_RETRAIN_HOURS,
    watchOnly: values.SMARTCLOUDOPS_WATCH_ONLY,
    logLevel: values.SMARTCLOUDOPS_LOG_LEVEL,
    alertsToken: values.SMARTCLOUDOPS_ALERTS_TOKEN ?? null,
    alertmanagerUrl: values.ALERTMANAGER_URL ?? null,
    changesToken: values.SMARTCLOUDOPS_CHANGES_TOKEN ?? null,
    secrets: [
      values.SLACK_BOT_TOKEN,
      values.SLACK_APP_TOKEN,
      values.DISCORD_TOKEN,
      values.SMARTCLOUDOPS_ALERTS_TOKEN,
      values.SMARTCLOUDOPS_CHANGES_TOKEN,
      ...databaseSecrets(values.DATABASE_URL),
    ].filter((secret) => secret !== undefined),
  };
}

/** The password as it is written and as it is meant: libraries may print either. */
function databaseSecrets(url: string | undefined): string[] {
  if (url === undefined) return [];
  const { password } = new URL(url);
  return [...new Set([url, password, decodeURIComponent(password)])].filter((text) => text !== "");
}

function metricsOf(values: Values): Config["metrics"] {
  if (values.PROMETHEUS_URL !== undefined) return { kind: "prometheus", url: values.PROMETHEUS_URL };
  return {
    kind: "recording",
    directory: values.SMARTCLOUDOPS_REPLAY ?? null,
    speed: values.SMARTCLOUDOPS_REPLAY_SPEED,
    fault: values.SMARTCLOUDOPS_REPLAY_FAULT ?? null,
  };
}

function bucketOf(values: Values): Config["modelBucket"] {
  if (values.SMARTCLOUDOPS_MODEL_BUCKET === undefined) return null;
  return {
    bucket: values.SMARTCLOUDOPS_MODEL_BUCKET,
    prefix: values.SMARTCLOUDOPS_MODEL_PREFIX ?? "",
    region: values.AWS_REGION ?? null,
    endpoint: values.AWS_ENDPOINT_URL ?? null,
  };
}

function slackOf(values: Values): Config["slack"] {
  if (values.SLACK_BOT_TOKEN === undefined || values.SLACK_APP_TOKEN === undefined) return null;
  return {
    botToken: values.SLACK_BOT_TOKEN,
    appToken: values.SLACK_APP_TOKEN,
    apiUrl: values.SLACK_API_URL ?? null,
    channel: values.SMARTCLOUDOPS_SLACK_CHANNEL ?? null,
  };
}

function discordOf(values: Values): Config["discord"] {
  if (values.DISCORD_TOKEN === undefined) return null;
  return {
    token: values.DISCORD_TOKEN,
    apiUrl: values.DISCORD_API_URL ?? null,
    channel: values.SMARTCLOUDOPS_DISCORD_CHANNEL ?? null,
  };
}
