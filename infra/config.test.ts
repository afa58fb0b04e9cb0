import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { editDistance } from "./config-names.ts";
import { settings } from "./config-settings.ts";
import { demoPolicyHolds, describeDecisions, renderEnvExample, renderSettingsTable } from "./config-texts.ts";
import { valueSchemas } from "./config-values.ts";
import { loadConfig } from "./config.ts";
import { ConfigError } from "./errors.ts";

const slack = { SLACK_BOT_TOKEN: "xoxb-1", SLACK_APP_TOKEN: "xapp-1" };
const noFiles = (path: string): string => {
  throw new Error(`no file ${path} in this test`);
};
const load = (environment: NodeJS.ProcessEnv) => loadConfig(environment, noFiles);

function problemsOf(environment: NodeJS.ProcessEnv, readFile = noFiles): readonly string[] {
  try {
    loadConfig(environment, readFile);
  } catch (error) {
    if (error instanceof ConfigError) return error.problems;
    throw error;
  }
  return [];
}

test("an empty environment is the demo on loopback", () => {
  const config = load({});
  expect(config).toEqual({
    port: 3000,
    host: "127.0.0.1",
    publicUrl: null,
    dataDirectory: "./data",
    databaseUrl: null,
    metrics: { kind: "recording", directory: null, speed: 10, fault: null },
    catalogFile: null,
    targetsFile: null,
    rateWindow: null,
    collectionSeconds: 60,
    retentionDays: 90,
    cloud: { kind: "dry-run" },
    slack: null,
    discord: null,
    policyFile: null,
    rulesFile: null,
    runbooksDirectory: null,
    modelBucket: null,
    alarmBudget: 0.25,
    retrainHours: 24,
    watchOnly: false,
    logLevel: "info",
    alertsToken: null,
    alertmanagerUrl: null,
    changesToken: null,
    secrets: [],
  });
  expect(demoPolicyHolds(config)).toBe(true);
});

test("a role to act under is named as an ARN, and only with a real cloud", () => {
  const role = "arn:aws:iam::123456789012:role/ops/smartcloudops-exec";
  const real = { SMARTCLOUDOPS_CLOUD: "aws", PROMETHEUS_URL: "http://p:9090" };
  const config = load({ ...real, SMARTCLOUDOPS_EXEC_ROLE_ARN: role });
  expect(config.cloud).toMatchObject({ execRole: role });
  expect(describeDecisions(config, { capture: null })[1]).toMatch(/acting as arn:aws:iam::123456789012/);
  expect(() => load({ SMARTCLOUDOPS_EXEC_ROLE_ARN: role })).toThrow(/set SMARTCLOUDOPS_CLOUD=aws/);
  expect(() => load({ ...real, SMARTCLOUDOPS_EXEC_ROLE_ARN: "smartcloudops-exec" })).toThrow(
    /must be the ARN of a role/,
  );
});

test("credentials that lie around change nothing", () => {
  const lying = {
    AWS_ACCESS_KEY_ID: "AKIAIOSFODNN7EXAMPLE",
    AWS_SECRET_ACCESS_KEY: "wJalrXUtnFEMI",
    AWS_REGION: "not a region",
    AWS_ENDPOINT_URL: "not a url",
    OPENAI_API_KEY: "sk-1",
    GEMINI_API_KEY: "AIza1",
    OPENAI_BASE_URL: "nonsense",
  };
  expect(load(lying)).toEqual(load({}));
});

test("a full environment is read as it stands", () => {
  const config = load({
    ...slack,
    PORT: "0",
    HOST: "localhost",
    PROMETHEUS_URL: "http://127.0.0.1:9090",
    SMARTCLOUDOPS_CLOUD: "aws",
    AWS_REGION: "eu-central-1",
    AWS_ENDPOINT_URL: "http://127.0.0.1:4566",
    DISCORD_TOKEN: "a.b.c",
    SMARTCLOUDOPS_SLACK_CHANNEL: "C012",
    SMARTCLOUDOPS_DISCORD_CHANNEL: "123456",
    SMARTCLOUDOPS_ALARM_BUDGET: ".5",
    SMARTCLOUDOPS_WATCH_ONLY: "true",
    SMARTCLOUDOPS_RATE_WINDOW: "1m30s",
    SMARTCLOUDOPS_COLLECTION_SECONDS: "15",
    SMARTCLOUDOPS_RETENTION_DAYS: "7",
  });
  expect(config).toMatchObject({
    port: 0,
    host: "127.0.0.1",
    metrics: { kind: "prometheus", url: "http://127.0.0.1:9090" },
    cloud: { kind: "aws", region: "eu-central-1", endpoint: "http://127.0.0.1:4566", execRole: null },
    slack: { botToken: "xoxb-1", appToken: "xapp-1", apiUrl: null, channel: "C012" },
    discord: { token: "a.b.c", apiUrl: null, channel: "123456" },
    alarmBudget: 0.5,
    watchOnly: true,
    rateWindow: "1m30s",
    collectionSeconds: 15,
    retentionDays: 7,
    secrets: ["xoxb-1", "xapp-1", "a.b.c"],
  });
});

test("models go to a bucket where one is named, with AWS's region and endpoint even in a dry run", () => {
  const bucket = { SMARTCLOUDOPS_MODEL_BUCKET: "our-models" };
  const none = { bucket: "our-models", prefix: "", region: null, endpoint: null };
  expect(load(bucket).modelBucket).toEqual(none);
  const config = load({
    ...bucket,
    SMARTCLOUDOPS_MODEL_PREFIX: "bot/models/",
    AWS_REGION: "eu-central-1",
    AWS_ENDPOINT_URL: "http://127.0.0.1:9000",
    SMARTCLOUDOPS_RETRAIN_HOURS: "0",
  });
  expect(config).toMatchObject({
    cloud: { kind: "dry-run" },
    modelBucket: {
      bucket: "our-models",
      prefix: "bot/models/",
      region: "eu-central-1",
      endpoint: "http://127.0.0.1:9000",
    },
    retrainHours: 0,
  });
});

test("all problems are told at once", () => {
  const problems = problemsOf({
    PORT: "65536",
    HOST: "example.org",
    SMARTCLOUDOPS_POLCY: "x",
    SMARTCLOUDOPS_CLOUD: "aws",
    SLACK_BOT_TOKEN: "xoxb-1",
    SMARTCLOUDOPS_DATA_DIR: "",
  });
  expect(problems).toEqual([
    "SMARTCLOUDOPS_POLCY is not a setting; did you mean SMARTCLOUDOPS_POLICY?",
    "SMARTCLOUDOPS_DATA_DIR is empty: remove it or give it a value",
    "PORT must be a whole number from 0 to 65535",
    "HOST must be an IP address (127.0.0.1, 0.0.0.0, ::1) or localhost",
    "SMARTCLOUDOPS_CLOUD=aws needs PROMETHEUS_URL: a real cloud is never driven by the recording",
    expect.stringMatching(/^SLACK_BOT_TOKEN is set but SLACK_APP_TOKEN is missing/),
  ]);
});

const refused: [string, NodeJS.ProcessEnv, RegExp][] = [
  ["a port with a unit", { PORT: "3000tcp" }, /^PORT must be a whole number/],
  ["a bucket in capitals", { SMARTCLOUDOPS_MODEL_BUCKET: "Models" }, /^SMARTCLOUDOPS_MODEL_BUCKET must be/],
  [
    "a prefix without a bucket",
    { SMARTCLOUDOPS_MODEL_PREFIX: "a/" },
    /^SMARTCLOUDOPS_MODEL_PREFIX is set but/,
  ],
  ["hours that are none", { SMARTCLOUDOPS_RETRAIN_HOURS: "daily" }, /^SMARTCLOUDOPS_RETRAIN_HOURS must be/],
  ["a negative port", { PORT: "-1" }, /^PORT/],
  ["a fractional port", { PORT: "80.5" }, /^PORT/],
  ["a host name", { HOST: "my-machine" }, /^HOST must be an IP address/],
  ["a URL without a scheme", { PROMETHEUS_URL: "prometheus:9090" }, /^PROMETHEUS_URL must be an http/],
  ["a URL with a password", { PROMETHEUS_URL: "http://a:b@c:9090" }, /^PROMETHEUS_URL must be an http/],
  ["the cloud's credential address", { PROMETHEUS_URL: "http://169.254.169.254/" }, /^PROMETHEUS_URL/],
  ["an unknown cloud", { SMARTCLOUDOPS_CLOUD: "azure" }, /must be dry-run or aws/],
  ["a recording beside Prometheus", { PROMETHEUS_URL: "http://p", SMARTCLOUDOPS_REPLAY: "x" }, /both set/],
  [
    "a real cloud with a recording",
    { SMARTCLOUDOPS_CLOUD: "aws", SMARTCLOUDOPS_REPLAY: "x" },
    /real instances/,
  ],
  ["Slack's HTTP mode", { SLACK_BOT_TOKEN: "xoxb-1", SLACK_SIGNING_SECRET: "s" }, /later version/],
  ["both Slack modes", { ...slack, SLACK_SIGNING_SECRET: "s" }, /^SLACK_APP_TOKEN .* both set/],
  ["an app token alone", { SLACK_APP_TOKEN: "xapp-1" }, /SLACK_BOT_TOKEN is missing/],
  [
    "tokens in each other's place",
    { SLACK_BOT_TOKEN: "xapp-1", SLACK_APP_TOKEN: "xoxb-1" },
    /must begin with xoxb-/,
  ],
  ["a channel without Slack", { SMARTCLOUDOPS_SLACK_CHANNEL: "C1" }, /Slack is not connected/],
  ["a channel's name", { ...slack, SMARTCLOUDOPS_SLACK_CHANNEL: "#ops" }, /must be a channel id/],
  [
    "a short bearer of Alertmanager",
    { SMARTCLOUDOPS_ALERTS_TOKEN: "short" },
    /^SMARTCLOUDOPS_ALERTS_TOKEN must be at least 16 printable characters/,
  ],
  ["a database without its name", { DATABASE_URL: "postgres://x" }, /^DATABASE_URL must be postgres:/],
  ["another kind of database", { DATABASE_URL: "mysql://h/db" }, /^DATABASE_URL must be postgres:/],
  [
    "a database's host in its query",
    { DATABASE_URL: "postgres://h/db?host=10.0.0.1" },
    /^DATABASE_URL must be/,
  ],
  ["a password that is half escaped", { DATABASE_URL: "postgres://u:100%@h/db" }, /^DATABASE_URL must be/],
  ["a link-local database", { DATABASE_URL: "postgres://169.254.1.1/db" }, /^DATABASE_URL must be postgres:/],
  ["a language model", { SMARTCLOUDOPS_LLM: "openai" }, /^SMARTCLOUDOPS_LLM must be none/],
  ["a setting of later", { SMARTCLOUDOPS_HEARTBEAT_URL: "http://h" }, /later version/],
  ["half a day of history", { SMARTCLOUDOPS_RETENTION_DAYS: "0.5" }, /a whole number from 1 to 3650/],
  ["rows every second", { SMARTCLOUDOPS_COLLECTION_SECONDS: "1" }, /a whole number from 5 to 3600/],
  ["debug with real tokens", { ...slack, SMARTCLOUDOPS_LOG_LEVEL: "debug" }, /debug is refused/],
  ["a lower case name", { smartcloudops_cloud: "aws" }, /did you mean SMARTCLOUDOPS_CLOUD/],
  [
    "a short name that is another word",
    { SMARTCLOUDOPS_FOO: "1" },
    /SMARTCLOUDOPS_FOO is not a setting; see .env.example/,
  ],
  ["a strange name", { SMARTCLOUDOPS_QQQQQQQQQQQQ: "1" }, /is not a setting; see .env.example/],
  ["an empty secret", { DISCORD_TOKEN: "" }, /^DISCORD_TOKEN is empty/],
  ["a duration in words", { SMARTCLOUDOPS_RATE_WINDOW: "5 minutes" }, /Prometheus duration/],
];

test.each(refused)("%s is refused with what to do", (_, environment, message) => {
  expect(problemsOf(environment)).toEqual(expect.arrayContaining([expect.stringMatching(message)]));
});

test("a complaint never repeats a secret", () => {
  const problems = problemsOf({
    SLACK_BOT_TOKEN: "hunter2",
    SLACK_APP_TOKEN: "hunter2",
    PROMETHEUS_URL: "http://hunter2@x",
  });
  expect(problems).toHaveLength(3);
  expect(problems.join()).not.toContain("hunter2");
});

test("a secret may come from a file, without its last line break", () => {
  const files: Record<string, string> = { "/run/token": "a.b.c\n" };
  const config = loadConfig({ DISCORD_TOKEN_FILE: "/run/token" }, (path) => files[path] ?? noFiles(path));
  expect(config.discord?.token).toBe("a.b.c");
});

test("a secret given twice or in a file that cannot be read is refused", () => {
  expect(problemsOf({ DISCORD_TOKEN: "a.b.c", DISCORD_TOKEN_FILE: "/f" })).toEqual([
    "DISCORD_TOKEN and DISCORD_TOKEN_FILE are both set: keep one of them",
  ]);
  expect(problemsOf({ DISCORD_TOKEN_FILE: "/f" })).toEqual([
    "DISCORD_TOKEN_FILE cannot be read (no file /f in this test): check the path and its permissions",
  ]);
});

test("the demo policy ends with anything real", () => {
  const real: NodeJS.ProcessEnv[] = [
    slack,
    { DISCORD_TOKEN: "a.b.c" },
    { HOST: "0.0.0.0" },
    { SMARTCLOUDOPS_POLICY: "policy.yaml" },
    { SMARTCLOUDOPS_CLOUD: "aws", PROMETHEUS_URL: "http://127.0.0.1:9090" },
  ];
  expect(real.map((environment) => demoPolicyHolds(load(environment)))).toEqual(real.map(() => false));
});

test("start tells which variable decided each part", () => {
  expect(describeDecisions(load({}), { capture: "web-1" })).toEqual([
    "metrics: recorded capture web-1, 10 times as fast (PROMETHEUS_URL is not set)",
    "cloud: dry run, nothing real is touched (SMARTCLOUDOPS_CLOUD is not aws)",
    "slack: off (SLACK_BOT_TOKEN is not set)",
    "discord: off (DISCORD_TOKEN is not set)",
    "policy: demo, the console may approve (SMARTCLOUDOPS_POLICY is not set)",
    "store: SQLite in ./data (SMARTCLOUDOPS_DATA_DIR)",
    "language model: none (SMARTCLOUDOPS_LLM is not set)",
  ]);
  const lines = describeDecisions(load({ ...slack, PROMETHEUS_URL: "http://p:9090" }), { capture: null });
  expect(lines).toContain("metrics: http://p:9090 (PROMETHEUS_URL)");
  expect(lines).toContain("policy: none, nobody may approve anything (SMARTCLOUDOPS_POLICY is not set)");
  expect(lines.join()).not.toContain("xoxb-1");
});

test("every secret setting is handed to the log", () => {
  const secret = settings
    .filter((setting) => setting.secret && setting.group !== "later")
    .map(({ name }) => name);
  const { secrets } = load({
    ...slack,
    DISCORD_TOKEN: "a.b.c",
    SMARTCLOUDOPS_ALERTS_TOKEN: "sixteen-letters-",
    SMARTCLOUDOPS_CHANGES_TOKEN: "sixteen-letters+",
    DATABASE_URL: "postgres://h/db",
  });
  expect(secrets).toHaveLength(secret.length);
});

test(".env.example is what the settings say", () => {
  const written = readFileSync(new URL("../.env.example", import.meta.url), "utf8");
  expect(written).toBe(renderEnvExample(settings));
});

test(".env.example with every line switched on names only settings that exist", () => {
  const names = renderEnvExample(settings)
    .split("\n")
    .map((line) => /^#([A-Z_]+)=/.exec(line)?.[1])
    .filter((name) => name !== undefined);
  expect(names.sort()).toEqual(Object.keys(valueSchemas).sort());
});

test("every usable setting has a row in the table", () => {
  const table = renderSettingsTable(settings);
  expect(table).toContain("| `PORT` | `3000` | Port of the console");
  expect(table).toContain("| `DISCORD_TOKEN` |  | Discord bot token (secret) |");
  expect(table).not.toContain("SLACK_SIGNING_SECRET");
});

test("the database's password is a secret however it is written, and start does not print it", () => {
  const url = "postgres://ops:p%40ss-word@db.example:5433/bot";
  const config = loadConfig({ DATABASE_URL: url }, () => "");
  expect(config.secrets).toEqual([url, "p%40ss-word", "p@ss-word"]);
  const lines = describeDecisions(config, { capture: null });
  expect(lines).toContain(
    "store: PostgreSQL at db.example:5433/bot (DATABASE_URL); its key and the models in ./data (SMARTCLOUDOPS_DATA_DIR)",
  );
  expect(lines.join("\n")).not.toMatch(/p%40ss|p@ss|ops:/);
});

test("edit distance counts insertions, deletions and substitutions", () => {
  // kitten -> sitting is the textbook example (Wagner and Fischer): 3.
  expect([editDistance("kitten", "sitting"), editDistance("", "abc"), editDistance("abc", "abc")]).toEqual([
    3, 3, 0,
  ]);
});
