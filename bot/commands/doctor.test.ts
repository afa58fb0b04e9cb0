import { expect, test } from "vitest";
import { type Config, loadConfig } from "../../infra/config.ts";
import { DefinitionError } from "../../remediation/yaml-file.ts";
import { type DoctorProbes, doctor } from "./doctor.ts";

const read = (environment: NodeJS.ProcessEnv): Config =>
  loadConfig(environment, (path) => {
    throw new Error(`no file ${path}`);
  });

const never = (what: string) => () =>
  Promise.reject(new Error(`${what} was asked though it is not configured`));

function probes(environment: NodeJS.ProcessEnv, changes: Partial<DoctorProbes> = {}): DoctorProbes {
  return {
    config: read(environment),
    nodeVersion: "20.19.0",
    checkWritable: () => Promise.resolve(),
    readStore: () => Promise.resolve(null),
    prometheusReady: never("Prometheus"),
    alertmanagerReady: never("Alertmanager"),
    readRecording: () => Promise.resolve("web-1"),
    readPolicy: never("the policy"),
    readDefinitions: () => Promise.resolve("4 runbooks"),
    awsIdentity: never("AWS"),
    ...changes,
  };
}

const production = {
  PROMETHEUS_URL: "http://prometheus:9090",
  SMARTCLOUDOPS_POLICY: "policy.yaml",
  SMARTCLOUDOPS_CLOUD: "aws",
  SLACK_BOT_TOKEN: "xoxb-1-2-a",
  SLACK_APP_TOKEN: "xapp-1-A1-2-b",
  SMARTCLOUDOPS_SLACK_CHANNEL: "C1",
};
const wellProbes: Partial<DoctorProbes> = {
  readStore: () => Promise.resolve("readable, schema current"),
  prometheusReady: () => Promise.resolve({ ok: true, version: "2.42.0" }),
  readRecording: never("the recording"),
  readPolicy: () => Promise.resolve({ approvers: ["mara"] }),
  awsIdentity: () => Promise.resolve("3 instances readable in eu-central-1"),
};

test("with nothing configured everything is in order, and nothing outside is asked", async () => {
  expect(await doctor(probes({}))).toEqual({
    ok: true,
    lines: [
      "ok       node: 20.19.0",
      "ok       data folder: ./data",
      "ok       store: none yet, the first start makes it",
      "ok       metrics: recorded capture web-1 -> set PROMETHEUS_URL to watch your own servers",
      "ok       alertmanager: off, an incident is silenced only here",
      "ok       policy: demo, console:local may approve",
      "ok       definitions: 4 runbooks",
      "ok       slack: off",
      "ok       discord: off",
      "ok       cloud: dry run, nothing real is touched",
      "everything that was looked at is in order",
    ],
  });
});

test("a healthy production is in order", async () => {
  const { ok, lines } = await doctor(probes(production, wellProbes));
  expect(lines.filter((line) => !line.startsWith("ok "))).toEqual([
    "everything that was looked at is in order",
  ]);
  expect(ok).toBe(true);
});

test.each<[string, NodeJS.ProcessEnv, Partial<DoctorProbes>, RegExp]>([
  [
    "an old Node",
    {},
    { nodeVersion: "20.18.3" },
    /^PROBLEM {2}node: 20.18.3 is too old -> install Node 20.19/,
  ],
  [
    "a read-only data folder",
    {},
    { checkWritable: () => Promise.reject(new Error("EACCES")) },
    /^PROBLEM {2}data folder: .*EACCES.*SMARTCLOUDOPS_DATA_DIR/,
  ],
  [
    "a damaged store",
    {},
    { readStore: () => Promise.reject(new Error("database disk image is malformed")) },
    /^PROBLEM {2}store: database disk image is malformed/,
  ],
  [
    "a Prometheus that is gone",
    production,
    { ...wellProbes, prometheusReady: () => Promise.resolve({ ok: false, reason: "connection refused" }) },
    /^PROBLEM {2}metrics: .*connection refused -> check PROMETHEUS_URL/,
  ],
  [
    "a bot on the network without a policy",
    { HOST: "0.0.0.0" },
    {},
    /^PROBLEM {2}policy: nobody may approve/,
  ],
  [
    "a policy without approvers",
    production,
    { ...wellProbes, readPolicy: () => Promise.resolve({ approvers: [] }) },
    /^PROBLEM {2}policy: policy.yaml is valid, but nobody in it may approve on a surface that is on -> give/,
  ],
  [
    "an invalid policy",
    production,
    { ...wellProbes, readPolicy: () => Promise.reject(new Error("policy.yaml:3:5: unknown role")) },
    /^PROBLEM {2}policy: policy.yaml:3:5: unknown role/,
  ],
  [
    "a Slack token that is cut",
    { ...production, SLACK_BOT_TOKEN: "xoxb-1" },
    wellProbes,
    /^PROBLEM {2}slack: SLACK_BOT_TOKEN has not the shape/,
  ],
  [
    "a client secret for a Discord token",
    { ...production, DISCORD_TOKEN: "abcdef" },
    wellProbes,
    /^PROBLEM {2}discord: DISCORD_TOKEN has not the shape/,
  ],
  [
    "AWS credentials that do not work",
    production,
    { ...wellProbes, awsIdentity: () => Promise.reject(new Error("AuthFailure")) },
    /^PROBLEM {2}cloud: AuthFailure/,
  ],
])("%s is found, and what to do stands beside it", async (_, environment, changes, line) => {
  const { ok, lines } = await doctor(probes(environment, changes));
  expect(lines).toEqual(expect.arrayContaining([expect.stringMatching(line)]));
  expect(ok).toBe(false);
});

test("no line shows a token", async () => {
  const secret = { ...production, SLACK_BOT_TOKEN: "xoxb-hunter2", DISCORD_TOKEN: "hunter2" };
  expect((await doctor(probes(secret, wellProbes))).lines.join()).not.toContain("hunter2");
});

test("an Alertmanager that does not answer is told, with what to try", async () => {
  const environment = { ALERTMANAGER_URL: "http://alertmanager:9093" };
  const well = await doctor(
    probes(environment, { alertmanagerReady: () => Promise.resolve({ ok: true, version: "0.28.1" }) }),
  );
  expect(well.lines).toContain(
    "ok       alertmanager: http://alertmanager:9093, version 0.28.1, is told of silences",
  );
  const down = await doctor(
    probes(environment, {
      alertmanagerReady: () => Promise.resolve({ ok: false, reason: "it cannot be reached (ECONNREFUSED)" }),
    }),
  );
  expect(down.ok).toBe(false);
  expect(down.lines.join("\n")).toMatch(
    /PROBLEM {2}alertmanager: .*ECONNREFUSED.* -> check ALERTMANAGER_URL/,
  );
});

test("a file that several checks read is put right once", async () => {
  const broken = () =>
    Promise.reject(new DefinitionError(["policy.yaml:2:9 people.mara.role: write viewer"]));
  const { ok, lines } = await doctor(
    probes(production, { ...wellProbes, readPolicy: broken, readDefinitions: broken }),
  );
  expect(ok).toBe(false);
  expect(lines.filter((line) => line.includes("policy.yaml:2:9"))).toEqual([
    "PROBLEM  policy: policy.yaml:2:9 people.mara.role: write viewer",
  ]);
  expect(lines.at(-1)).toBe("1 problem to put right");
});
