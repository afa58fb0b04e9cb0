import { isIP } from "node:net";
import { z } from "zod";

/** Prometheus syntax: "20s", "5m", "1h30m". */
const duration = /^(?=\d)(\d+h)?(\d+m)?(\d+s)?$/;

const text = z.string();

const bearer = text
  .regex(/^[\x21-\x7e]{16,500}$/, { error: "must be at least 16 printable characters without blanks" })
  .optional();

function number(range: { from: number; to: number; whole?: boolean }) {
  const kind = range.whole ? "a whole number" : "a number";
  return text
    .refine((value) => /^\d*\.?\d+$/.test(value) && isInside(Number(value), range), {
      error: `must be ${kind} from ${range.from} to ${range.to}`,
    })
    .transform(Number);
}

function isInside(value: number, { from, to, whole = false }: { from: number; to: number; whole?: boolean }) {
  return value >= from && value <= to && (!whole || Number.isInteger(value));
}

const url = text.refine(isUsableUrl, {
  error:
    "must be an http:// or https:// URL without user name, query or fragment, and not a link-local address",
});

function isUsableUrl(value: string): boolean {
  if (!URL.canParse(value)) return false;
  const parsed = new URL(value);
  if (isLinkLocal(parsed.hostname)) return false;
  const plain =
    parsed.username === "" && parsed.password === "" && parsed.search === "" && parsed.hash === "";
  return /^https?:$/.test(parsed.protocol) && plain;
}

/** Where clouds keep the credentials of their machines: never a place to ask for metrics or to send a token to. */
function isLinkLocal(host: string): boolean {
  return host.startsWith("169.254.") || /^\[(fe[89ab][0-9a-f]:|fd00:ec2::)/.test(host);
}

const databaseUrl = text.refine(isPostgresUrl, {
  error:
    "must be postgres://user:password@host:5432/name, with ?sslmode=... if need be; in user and password write %40 for @ and so on",
});

function isPostgresUrl(value: string): boolean {
  if (!URL.canParse(value)) return false;
  const { protocol, hostname, username, password, pathname, hash, searchParams } = new URL(value);
  // A host or a password in the query would be connected to without being protected or hidden.
  if ([...searchParams.keys()].some((name) => !/^(ssl\w*|options)$/.test(name))) return false;
  if (/%(?![0-9a-f]{2})/i.test(username + password)) return false;
  if (!/^postgres(ql)?:$/.test(protocol) || hostname === "" || isLinkLocal(hostname)) return false;
  return /^\/[^/]+$/.test(pathname) && hash === "";
}

/** What each setting may hold. A message must never repeat the value: it may be a secret in the wrong place. */
export const valueSchemas = {
  PORT: number({ from: 0, to: 65535, whole: true }),
  HOST: text
    .refine((value) => value === "localhost" || isIP(value) !== 0, {
      error: "must be an IP address (127.0.0.1, 0.0.0.0, ::1) or localhost",
    })
    .transform((value) => (value === "localhost" ? "127.0.0.1" : value)),
  SMARTCLOUDOPS_PUBLIC_URL: url.optional(),
  SMARTCLOUDOPS_DATA_DIR: text,
  DATABASE_URL: databaseUrl.optional(),
  PROMETHEUS_URL: url.optional(),
  ALERTMANAGER_URL: url.optional(),
  SMARTCLOUDOPS_CATALOG: text.optional(),
  SMARTCLOUDOPS_TARGETS: text.optional(),
  SMARTCLOUDOPS_RATE_WINDOW: text
    .regex(duration, { error: "must be a Prometheus duration such as 20s, 2m or 1h" })
    .optional(),
  SMARTCLOUDOPS_COLLECTION_SECONDS: number({ from: 5, to: 3600, whole: true }),
  SMARTCLOUDOPS_RETENTION_DAYS: number({ from: 1, to: 3650, whole: true }),
  SMARTCLOUDOPS_ALERTS_TOKEN: bearer,
  SMARTCLOUDOPS_CHANGES_TOKEN: bearer,
  SMARTCLOUDOPS_CLOUD: z.enum(["dry-run", "aws"], { error: "must be dry-run or aws" }),
  AWS_REGION: text
    .regex(/^[a-z]{2}(-[a-z]+)+-\d+$/, { error: "must be a region such as eu-central-1" })
    .optional(),
  AWS_ENDPOINT_URL: url.optional(),
  SMARTCLOUDOPS_EXEC_ROLE_ARN: text
    .regex(/^arn:aws[a-z-]*:iam::\d{12}:role\/[\w+=,.@/-]{1,512}$/, {
      error: "must be the ARN of a role such as arn:aws:iam::123456789012:role/smartcloudops-exec",
    })
    .optional(),
  SMARTCLOUDOPS_MODEL_BUCKET: text
    .regex(/^[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]$/, {
      error: "must be the name of an S3 bucket: 3 to 63 small letters, digits, dots and dashes",
    })
    .optional(),
  SMARTCLOUDOPS_MODEL_PREFIX: text
    .regex(/^[\w!.*'()/-]{1,200}$/, {
      error: "must be letters, digits, dashes and slashes, such as smartcloudops/models/",
    })
    .optional(),
  SLACK_BOT_TOKEN: text
    .regex(/^xoxb-\S+$/, { error: "must begin with xoxb- (OAuth & Permissions > Bot User OAuth Token)" })
    .optional(),
  SLACK_APP_TOKEN: text
    .regex(/^xapp-\S+$/, {
      error: "must begin with xapp- (Basic Information > App-Level Tokens, scope connections:write)",
    })
    .optional(),
  SLACK_API_URL: url.optional(),
  SMARTCLOUDOPS_SLACK_CHANNEL: text
    .regex(/^[A-Z][A-Z0-9_]*$/, {
      error: "must be a channel id such as C0123456789 (channel > View details)",
    })
    .optional(),
  DISCORD_TOKEN: text
    .regex(/^\S+$/, { error: "must be a bot token without blanks (Developer Portal > Bot > Reset Token)" })
    .optional(),
  DISCORD_API_URL: url.optional(),
  SMARTCLOUDOPS_DISCORD_CHANNEL: text
    .regex(/^\d{1,20}$/, { error: "must be a channel id, digits only (Developer Mode > Copy Channel ID)" })
    .optional(),
  SMARTCLOUDOPS_POLICY: text.optional(),
  SMARTCLOUDOPS_RULES: text.optional(),
  SMARTCLOUDOPS_RUNBOOKS: text.optional(),
  SMARTCLOUDOPS_ALARM_BUDGET: number({ from: 0.001, to: 24 }),
  SMARTCLOUDOPS_RETRAIN_HOURS: number({ from: 0, to: 720 }),
  SMARTCLOUDOPS_WATCH_ONLY: z
    .enum(["true", "false"], { error: "must be true or false" })
    .transform((value) => value === "true"),
  SMARTCLOUDOPS_LLM: z.literal("none", {
    error: "must be none: the engines openai and gemini arrive with a later version",
  }),
  SMARTCLOUDOPS_LOG_LEVEL: z.enum(["error", "warn", "info", "debug"], {
    error: "must be error, warn, info or debug",
  }),
  SMARTCLOUDOPS_REPLAY: text.optional(),
  SMARTCLOUDOPS_REPLAY_SPEED: number({ from: 1, to: 1000 }),
  SMARTCLOUDOPS_REPLAY_FAULT: text
    .regex(/^[a-z][a-z0-9_]*$/, {
      error: "must be the name of a recorded fault such as memory_leak, or none",
    })
    .optional(),
} as const;

export type Values = { [Name in keyof typeof valueSchemas]: z.output<(typeof valueSchemas)[Name]> };
