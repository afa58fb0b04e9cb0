import type { RawSettings, SettingName } from "./config-settings.ts";

/** Settings that cannot stand together, or that miss their other half: a sentence each, saying what to change. */
export function contradictions(raw: RawSettings): string[] {
  const has = (name: SettingName) => raw[name] !== undefined;
  const rules: [boolean, string][] = [
    [
      has("PROMETHEUS_URL") && has("SMARTCLOUDOPS_REPLAY"),
      "PROMETHEUS_URL and SMARTCLOUDOPS_REPLAY are both set: metrics come from one of them, unset the other",
    ],
    [
      raw.SMARTCLOUDOPS_CLOUD === "aws" && has("SMARTCLOUDOPS_REPLAY"),
      "SMARTCLOUDOPS_CLOUD=aws together with a recording would act on real instances because of old data: unset SMARTCLOUDOPS_REPLAY and set PROMETHEUS_URL",
    ],
    [
      raw.SMARTCLOUDOPS_CLOUD === "aws" && !has("PROMETHEUS_URL") && !has("SMARTCLOUDOPS_REPLAY"),
      "SMARTCLOUDOPS_CLOUD=aws needs PROMETHEUS_URL: a real cloud is never driven by the recording",
    ],
    [
      has("SLACK_APP_TOKEN") && has("SLACK_SIGNING_SECRET"),
      "SLACK_APP_TOKEN (Socket Mode) and SLACK_SIGNING_SECRET (HTTP mode) are both set: keep SLACK_APP_TOKEN",
    ],
    [
      has("SLACK_BOT_TOKEN") && !has("SLACK_APP_TOKEN") && !has("SLACK_SIGNING_SECRET"),
      "SLACK_BOT_TOKEN is set but SLACK_APP_TOKEN is missing: create one under Basic Information > App-Level Tokens with the scope connections:write",
    ],
    [
      has("SLACK_APP_TOKEN") && !has("SLACK_BOT_TOKEN"),
      "SLACK_APP_TOKEN is set but SLACK_BOT_TOKEN is missing: copy it from OAuth & Permissions > Bot User OAuth Token",
    ],
    [
      has("SMARTCLOUDOPS_SLACK_CHANNEL") && !has("SLACK_BOT_TOKEN"),
      "SMARTCLOUDOPS_SLACK_CHANNEL is set but Slack is not connected: set SLACK_BOT_TOKEN and SLACK_APP_TOKEN",
    ],
    [
      has("SMARTCLOUDOPS_DISCORD_CHANNEL") && !has("DISCORD_TOKEN"),
      "SMARTCLOUDOPS_DISCORD_CHANNEL is set but Discord is not connected: set DISCORD_TOKEN",
    ],
    [
      has("SMARTCLOUDOPS_EXEC_ROLE_ARN") && raw.SMARTCLOUDOPS_CLOUD !== "aws",
      "SMARTCLOUDOPS_EXEC_ROLE_ARN is set but nothing real is touched: set SMARTCLOUDOPS_CLOUD=aws, or unset it",
    ],
    [
      has("SMARTCLOUDOPS_MODEL_PREFIX") && !has("SMARTCLOUDOPS_MODEL_BUCKET"),
      "SMARTCLOUDOPS_MODEL_PREFIX is set but no bucket is: set SMARTCLOUDOPS_MODEL_BUCKET too",
    ],
    [
      raw.SMARTCLOUDOPS_LOG_LEVEL === "debug" &&
        (has("SLACK_BOT_TOKEN") ||
          has("DISCORD_TOKEN") ||
          raw.SMARTCLOUDOPS_CLOUD === "aws" ||
          has("SMARTCLOUDOPS_MODEL_BUCKET")),
      "SMARTCLOUDOPS_LOG_LEVEL=debug is refused with real tokens, because vendors' libraries log what they send: use info",
    ],
  ];
  return rules.filter(([broken]) => broken).map(([, message]) => message);
}
