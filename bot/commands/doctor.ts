import type { Config } from "../../infra/config.ts";
import { demoPolicyHolds } from "../../infra/config-texts.ts";
import { explainFailure } from "./explain-failure.ts";

/** What `doctor` needs to look at the world. Each function may throw; what it throws is what the person reads. */
export type DoctorProbes = {
  config: Config;
  /** `process.versions.node`. */
  nodeVersion: string;
  /** Throws when the folder, or where it is missing the folder it would be made in, takes no file; makes no folder. */
  checkWritable(directory: string): Promise<void>;
  /** Opens the store without changing it and says how it is; null: there is none yet. Throws when it is damaged or not ours. */
  readStore(): Promise<string | null>;
  /** Asked only when metrics come from a real Prometheus. */
  prometheusReady(): Promise<{ ok: true; version: string } | { ok: false; reason: string }>;
  /** Asked only with ALERTMANAGER_URL. */
  alertmanagerReady(): Promise<{ ok: true; version: string } | { ok: false; reason: string }>;
  /** Reads the recording; answers its name. Asked only without Prometheus. */
  readRecording(): Promise<string>;
  /** Reads policy, rules and runbooks; answers who may approve. Asked only with a policy. */
  readPolicy(): Promise<{ approvers: readonly string[] }>;
  /** Reads runbooks, rules, catalog and targets as a start would; answers what they hold. */
  readDefinitions(): Promise<string>;
  /** Asks AWS whether the credentials work; answers whose they are. Asked only with SMARTCLOUDOPS_CLOUD=aws. */
  awsIdentity(): Promise<string>;
};

type Finding = { state: "ok" | "note" | "problem"; detail: string; remedy?: string };
type Check = { name: string; look(): Promise<Finding> };

const oldestNode = [20, 19] as const;

/** Looks at everything the bot rests on. `ok` is false when something must be changed; `lines` are for people. */
export async function doctor(probes: DoctorProbes): Promise<{ ok: boolean; lines: string[] }> {
  const findings: { name: string; finding: Finding }[] = [];
  for (const { name, look } of checksOf(probes)) {
    const finding = await attempt(look);
    // One broken file stops every check that reads it; it is put right once.
    const isTold = findings.some((earlier) => earlier.finding.detail === finding.detail);
    if (finding.state !== "problem" || !isTold) findings.push({ name, finding });
  }
  const problems = findings.filter(({ finding }) => finding.state === "problem").length;
  const total =
    problems === 0
      ? "everything that was looked at is in order"
      : `${problems} ${problems === 1 ? "problem" : "problems"} to put right`;
  return { ok: problems === 0, lines: [...findings.map(lineOf), total] };
}

function checksOf(probes: DoctorProbes): Check[] {
  const { config } = probes;
  return [
    { name: "node", look: () => Promise.resolve(nodeFinding(probes.nodeVersion)) },
    { name: "data folder", look: () => folderFinding(probes) },
    { name: "store", look: () => storeFinding(probes) },
    { name: "metrics", look: () => metricsFinding(probes) },
    { name: "alertmanager", look: () => alertmanagerFinding(probes) },
    { name: "policy", look: () => policyFinding(probes) },
    { name: "definitions", look: async () => ({ state: "ok", detail: await probes.readDefinitions() }) },
    { name: "slack", look: () => Promise.resolve(slackFinding(config)) },
    { name: "discord", look: () => Promise.resolve(discordFinding(config)) },
    { name: "cloud", look: () => cloudFinding(probes) },
  ];
}

async function attempt(look: Check["look"]): Promise<Finding> {
  try {
    return await look();
  } catch (error) {
    return { state: "problem", detail: explainFailure(error).message };
  }
}

function lineOf({ name, finding }: { name: string; finding: Finding }): string {
  const word = { ok: "ok", note: "note", problem: "PROBLEM" }[finding.state];
  const remedy = finding.remedy === undefined ? "" : ` -> ${finding.remedy}`;
  return `${word.padEnd(8)} ${name}: ${finding.detail}${remedy}`;
}

function nodeFinding(version: string): Finding {
  const [major = 0, minor = 0] = version.split(".").map(Number);
  const enough = major > oldestNode[0] || (major === oldestNode[0] && minor >= oldestNode[1]);
  if (enough) return { state: "ok", detail: version };
  return {
    state: "problem",
    detail: `${version} is too old`,
    remedy: `install Node ${oldestNode.join(".")} or newer`,
  };
}

async function folderFinding({ config, checkWritable }: DoctorProbes): Promise<Finding> {
  try {
    await checkWritable(config.dataDirectory);
    return { state: "ok", detail: config.dataDirectory };
  } catch (error) {
    return {
      state: "problem",
      detail: `${config.dataDirectory} cannot be written (${explainFailure(error).message})`,
      remedy: "give it to the bot's user, or set SMARTCLOUDOPS_DATA_DIR to a folder that is",
    };
  }
}

async function storeFinding({ readStore }: DoctorProbes): Promise<Finding> {
  const store = await readStore();
  return store === null
    ? { state: "ok", detail: "none yet, the first start makes it" }
    : { state: "ok", detail: store };
}

async function metricsFinding({ config, prometheusReady, readRecording }: DoctorProbes): Promise<Finding> {
  if (config.metrics.kind === "recording") {
    const name = await readRecording();
    return {
      state: "ok",
      detail: `recorded capture ${name}`,
      remedy: "set PROMETHEUS_URL to watch your own servers",
    };
  }
  const { url } = config.metrics;
  const answer = await prometheusReady();
  if (answer.ok) return { state: "ok", detail: `${url}, version ${answer.version}` };
  return {
    state: "problem",
    detail: `${url}: ${answer.reason}`,
    remedy: `check PROMETHEUS_URL, from this machine: curl ${url}/-/ready`,
  };
}

async function alertmanagerFinding({ config, alertmanagerReady }: DoctorProbes): Promise<Finding> {
  const url = config.alertmanagerUrl;
  if (url === null) return { state: "ok", detail: "off, an incident is silenced only here" };
  const answer = await alertmanagerReady();
  if (answer.ok) return { state: "ok", detail: `${url}, version ${answer.version}, is told of silences` };
  return {
    state: "problem",
    detail: `${url}: ${answer.reason}`,
    remedy: `check ALERTMANAGER_URL, from this machine: curl ${url}/api/v2/status; the bot works without it`,
  };
}

async function policyFinding({ config, readPolicy }: DoctorProbes): Promise<Finding> {
  if (config.policyFile === null) {
    if (demoPolicyHolds(config)) return { state: "ok", detail: "demo, console:local may approve" };
    return {
      state: "problem",
      detail: "nobody may approve anything, because there is no policy",
      remedy: "write one (README, Policy) and set SMARTCLOUDOPS_POLICY to it",
    };
  }
  const { approvers } = await readPolicy();
  if (approvers.length > 0)
    return { state: "ok", detail: `${config.policyFile}, approvers: ${approvers.join(", ")}` };
  return {
    state: "problem",
    detail: `${config.policyFile} is valid, but nobody in it may approve on a surface that is on`,
    remedy:
      "give somebody the role approver and an identity there: console:local for this machine, slack:... or discord:... once their tokens are set",
  };
}

function slackFinding({ slack }: Config): Finding {
  if (slack === null) return { state: "ok", detail: "off" };
  const odd = [
    ...(/^xoxb-\d+-\d+-\w+$/.test(slack.botToken) ? [] : ["SLACK_BOT_TOKEN"]),
    ...(/^xapp-\d+-\w+-\d+-\w+$/.test(slack.appToken) ? [] : ["SLACK_APP_TOKEN"]),
  ];
  if (odd.length > 0 && slack.apiUrl === null) {
    return {
      state: "problem",
      detail: `${odd.join(" and ")} has not the shape of a Slack token`,
      remedy: "copy it again from api.slack.com/apps, whole and without quotes",
    };
  }
  if (slack.channel !== null)
    return { state: "ok", detail: `tokens have the right shape, incidents go to ${slack.channel}` };
  return {
    state: "note",
    detail: "tokens have the right shape, but incidents go nowhere",
    remedy: "set SMARTCLOUDOPS_SLACK_CHANNEL and invite the bot there",
  };
}

function discordFinding({ discord }: Config): Finding {
  if (discord === null) return { state: "ok", detail: "off" };
  if (!/^[\w-]{17,}\.[\w-]{6,}\.[\w-]{20,}$/.test(discord.token) && discord.apiUrl === null) {
    return {
      state: "problem",
      detail: "DISCORD_TOKEN has not the shape of a bot token",
      remedy: "Developer Portal > Bot > Reset Token; the client secret is something else",
    };
  }
  if (discord.channel !== null) {
    return { state: "ok", detail: `the token has the right shape, incidents go to ${discord.channel}` };
  }
  return {
    state: "note",
    detail: "the token has the right shape, but incidents go nowhere",
    remedy: "set SMARTCLOUDOPS_DISCORD_CHANNEL",
  };
}

async function cloudFinding({ config, awsIdentity }: DoctorProbes): Promise<Finding> {
  if (config.cloud.kind === "dry-run") return { state: "ok", detail: "dry run, nothing real is touched" };
  return { state: "ok", detail: `AWS, ${await awsIdentity()}` };
}
