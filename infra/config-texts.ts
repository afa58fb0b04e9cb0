import { isIP } from "node:net";
import type { Config } from "./config.ts";
import { settings } from "./config-settings.ts";
import type { Setting } from "./settings/setting.ts";

const groupTitles: Record<Setting["group"], string> = {
  page: "The page, the HTTP API and the store",
  metrics: "Metrics",
  cloud: "Cloud",
  chat: "Chat",
  behaviour: "Behaviour",
  demo: "The recorded incident (only without PROMETHEUS_URL)",
  later: "Arrive with a later version",
};

/** The text of `.env.example`: every setting that works, commented out, with its default where it has one. */
export function renderEnvExample(all: readonly Setting[] = settings): string {
  const head =
    "# Settings of SmartCloudOps. Nothing here is needed to try it: npm ci && npm start\n" +
    "# Copy to .env: it is read from the working folder, and the real environment wins over it.\n" +
    "# Secrets may come from a file instead: NAME_FILE=/path holds the value of NAME.\n";
  const groups = Object.entries(groupTitles).map(([group, title]) => {
    const lines = usable(all)
      .filter((setting) => setting.group === group)
      .map((setting) => `# ${setting.meaning}\n#${setting.name}=${setting.fallback ?? ""}\n`);
    return lines.length === 0 ? "" : `\n## ${title}\n${lines.join("")}`;
  });
  return head + groups.join("");
}

/** The README's table of settings, as Markdown. */
export function renderSettingsTable(all: readonly Setting[] = settings): string {
  const rows = usable(all).map(({ name, fallback, meaning, secret }) => {
    const shownDefault = fallback === null ? "" : `\`${fallback}\``;
    return `| \`${name}\` | ${shownDefault} | ${meaning.replaceAll("|", "\\|")}${secret ? " (secret)" : ""} |\n`;
  });
  return `| Variable | Default | Meaning |\n| --- | --- | --- |\n${rows.join("")}`;
}

function usable(all: readonly Setting[]): Setting[] {
  return all.filter((setting) => setting.group !== "later");
}

/** What `start` prints: each part with the variable that decided it. `capture` is the name of the replayed recording. */
export function describeDecisions(config: Config, { capture }: { capture: string | null }): string[] {
  return [
    `metrics: ${metricsDecision(config, capture)}`,
    `cloud: ${cloudDecision(config)}`,
    `slack: ${chatDecision(config.slack, "SLACK_BOT_TOKEN")}`,
    `discord: ${chatDecision(config.discord, "DISCORD_TOKEN")}`,
    `policy: ${config.policyFile === null ? policyWithout(config) : `${config.policyFile} (SMARTCLOUDOPS_POLICY)`}`,
    `store: ${storeDecision(config)}`,
    ...(config.modelBucket === null
      ? []
      : [
          `models: s3://${config.modelBucket.bucket}/${config.modelBucket.prefix} (SMARTCLOUDOPS_MODEL_BUCKET)`,
        ]),
    ...(config.alertmanagerUrl === null
      ? []
      : [
          `silences: told to ${config.watchOnly ? "nobody else, because of SMARTCLOUDOPS_WATCH_ONLY" : config.alertmanagerUrl} (ALERTMANAGER_URL)`,
        ]),
    "language model: none (SMARTCLOUDOPS_LLM is not set)",
    ...(config.watchOnly ? ["actions: none (SMARTCLOUDOPS_WATCH_ONLY=true)"] : []),
  ];
}

/**
 * Whether the built-in demo policy, in which the console's user may approve, is in force: nothing real is connected,
 * nobody but this machine can reach the page, and no policy is given.
 */
export function demoPolicyHolds(config: Config): boolean {
  return (
    config.policyFile === null &&
    config.publicUrl === null &&
    config.slack === null &&
    config.discord === null &&
    config.cloud.kind === "dry-run" &&
    isLoopback(config.host)
  );
}

/** Whether only this machine can reach the address. */
export function isLoopback(host: string): boolean {
  return host === "localhost" || host === "::1" || (isIP(host) === 4 && host.startsWith("127."));
}

function metricsDecision({ metrics }: Config, capture: string | null): string {
  if (metrics.kind === "prometheus") return `${metrics.url} (PROMETHEUS_URL)`;
  const decidedBy = metrics.directory === null ? "PROMETHEUS_URL is not set" : "SMARTCLOUDOPS_REPLAY";
  const name = capture ?? metrics.directory;
  return `recorded capture${name === null ? "" : ` ${name}`}, ${metrics.speed} times as fast (${decidedBy})`;
}

function cloudDecision({ cloud }: Config): string {
  if (cloud.kind === "dry-run") return "dry run, nothing real is touched (SMARTCLOUDOPS_CLOUD is not aws)";
  const where = cloud.region ?? "the profile's region";
  const rights = cloud.execRole === null ? "" : `, acting as ${cloud.execRole} (SMARTCLOUDOPS_EXEC_ROLE_ARN)`;
  return `AWS in ${where}${cloud.endpoint === null ? "" : ` at ${cloud.endpoint}`} (SMARTCLOUDOPS_CLOUD=aws)${rights}`;
}

function storeDecision({ databaseUrl, dataDirectory }: Config): string {
  if (databaseUrl === null) return `SQLite in ${dataDirectory} (SMARTCLOUDOPS_DATA_DIR)`;
  const { hostname, port, pathname } = new URL(databaseUrl);
  const where = `${hostname}${port === "" ? "" : `:${port}`}${pathname}`;
  return `PostgreSQL at ${where} (DATABASE_URL); its key and the models in ${dataDirectory} (SMARTCLOUDOPS_DATA_DIR)`;
}

function chatDecision(chat: { channel: string | null } | null, variable: string): string {
  if (chat === null) return `off (${variable} is not set)`;
  return `on (${variable}), incidents go to ${chat.channel ?? "no channel: it only answers"}`;
}

function policyWithout(config: Config): string {
  if (demoPolicyHolds(config)) return "demo, the console may approve (SMARTCLOUDOPS_POLICY is not set)";
  return "none, nobody may approve anything (SMARTCLOUDOPS_POLICY is not set)";
}
