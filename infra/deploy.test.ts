import { execFile } from "node:child_process";
import { chmodSync, mkdtempSync, readFileSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { parse } from "yaml";
import { z } from "zod";
import { actions } from "../remediation/actions/actions.ts";
import { dryRunDocuments } from "./dry-run/commands.ts";

const folder = new URL("deploy/ssm/", import.meta.url);
const script = z.string().min(100);

/** SSM's document schema 2.2, as far as our documents use it; anything else in them is a mistake. */
const documentSchema = z.strictObject({
  schemaVersion: z.literal("2.2"),
  description: z.string().min(10),
  parameters: z
    .record(
      z.string(),
      z.strictObject({
        type: z.literal("String"),
        description: z.string(),
        allowedPattern: z.string().regex(/^\^.*\$$/),
      }),
    )
    .optional(),
  mainSteps: z.tuple([
    z.strictObject({
      action: z.literal("aws:runShellScript"),
      name: z.string(),
      precondition: z.strictObject({
        StringEquals: z.tuple([z.literal("platformType"), z.literal("Linux")]),
      }),
      inputs: z.strictObject({ timeoutSeconds: z.string().regex(/^\d+$/), runCommand: z.tuple([script]) }),
    }),
  ]),
});

function documents(): Map<string, z.infer<typeof documentSchema>> {
  const files = readdirSync(folder).filter((name) => name.endsWith(".yaml"));
  return new Map(
    files.map((name) => [
      name.replace(".yaml", ""),
      documentSchema.parse(parse(readFileSync(new URL(name, folder), "utf8"))),
    ]),
  );
}

function scriptOf(name: string): string {
  return documents().get(name)?.mainSteps[0].inputs.runCommand[0] ?? "";
}

const hostile = [
  "app; reboot",
  "app && reboot",
  "$(reboot)",
  "`reboot`",
  "app|tee",
  "app\nreboot",
  "app'",
  '"app',
  "../app",
  "--force",
  "-f",
  "",
  " app",
  "a".repeat(65),
  "äpp",
  "{{ x }}",
];
const ordinary = ["nginx", "app.service", "getty@tty1", "my_app-2", "a".repeat(64)];

let stubs: string;
beforeEach(() => {
  stubs = mkdtempSync(join(tmpdir(), "stubs-"));
});
afterEach(() => rmSync(stubs, { recursive: true }));

function stub(name: string, body: string): void {
  writeFileSync(join(stubs, name), `#!/bin/sh\n${body}\n`);
  chmodSync(join(stubs, name), 0o755);
}

function runScript(source: string): Promise<{ code: number; lines: string[] }> {
  return new Promise((resolve) => {
    execFile("/bin/sh", ["-c", source], { env: { PATH: `${stubs}:/usr/bin:/bin` } }, (error, stdout) => {
      resolve({ code: typeof error?.code === "number" ? error.code : 0, lines: stdout.split("\n") });
    });
  });
}

test("the documents are those that the actions and the dry run name, with the same parameters", () => {
  const found = [...documents()].map(([name, { parameters }]) => [name, Object.keys(parameters ?? {})]);
  const dryRun = Object.entries(dryRunDocuments).map(([name, { parameters }]) => [
    name,
    Object.keys(parameters),
  ]);
  expect(found.sort()).toEqual(dryRun.sort());
});

test("the service's pattern takes unit names and no shell, everywhere alike", () => {
  const pattern = new RegExp(
    documents().get("SmartCloudOps-RestartService")?.parameters?.Service?.allowedPattern ?? "never",
  );
  const dryRun = dryRunDocuments["SmartCloudOps-RestartService"]?.parameters.Service;
  const action = (service: string) => actions["restart-service"].complaint({ Service: service }) === null;
  for (const takes of [(text: string) => pattern.test(text), (text: string) => dryRun?.test(text), action]) {
    expect(ordinary.map(takes)).toEqual(ordinary.map(() => true));
    expect(hostile.map(takes)).toEqual(hostile.map(() => false));
  }
});

test("a parameter is used once, quoted, and options end before it", () => {
  const source = scriptOf("SmartCloudOps-RestartService");
  expect(source.match(/\{\{.*?\}\}/g)).toEqual(["{{ Service }}"]);
  expect(source).toContain("service='{{ Service }}'");
  expect(source).toContain('systemctl restart -- "$service"');
});

test("lines of a journal are asked for by a number from 10 to 500, everywhere alike", () => {
  const parameters = documents().get("SmartCloudOps-TailLogs")?.parameters;
  expect(parameters?.Service?.allowedPattern).toBe(
    documents().get("SmartCloudOps-RestartService")?.parameters?.Service?.allowedPattern,
  );
  const pattern = new RegExp(parameters?.Lines?.allowedPattern ?? "never");
  const dryRun = dryRunDocuments["SmartCloudOps-TailLogs"]?.parameters.Lines;
  for (let lines = 0; lines <= 1100; lines += 1) {
    const allowed = lines >= 10 && lines <= 500;
    expect([pattern.test(String(lines)), dryRun?.test(String(lines))]).toEqual([allowed, allowed]);
  }
  for (const text of ["", "050", "50 ", "-50", "5e1", "50;reboot", "$(50)", "50\n50", "٥٠"])
    expect([pattern.test(text), dryRun?.test(text)]).toEqual([false, false]);
});

test("a tail tells its result first, then the newest lines, and its exit code last", async () => {
  const source = scriptOf("SmartCloudOps-TailLogs")
    .replace("{{ Service }}", "app")
    .replace("{{ Lines }}", "50");
  expect(scriptOf("SmartCloudOps-TailLogs").match(/\{\{.*?\}\}/g)).toEqual(["{{ Service }}", "{{ Lines }}"]);
  stub("journalctl", `echo "$@" > ${stubs}/calls; seq -f 'line %06g of the journal' 3000`);
  const done = await runScript(source);
  expect(done.lines[0]).toMatch(/^result: done, the last 50 lines of app at 20/);
  expect([done.code, done.lines.at(-2)]).toEqual([0, "line 003000 of the journal"]);
  expect(done.lines.join("\n").length).toBeLessThan(24_000);
  expect(readFileSync(join(stubs, "calls"), "utf8")).toBe(
    "--unit=app --lines=50 --no-pager --output=short-iso\n",
  );
  stub("journalctl", "echo 'Failed to open the journal'; exit 1");
  expect(await runScript(source)).toMatchObject({
    code: 1,
    lines: ["result: failed, exit code 1", "Failed to open the journal", ""],
  });
  expect(source).not.toMatch(
    /\b(rm|kill|restart|stop|start|truncate|dd|mv|tee|sed -i)\b|>(?!\s*\/dev\/null)(?!&1)/,
  );
});

test("every script is one that a plain sh understands", async () => {
  for (const [name, document] of documents()) {
    const checked = await runScript(
      `sh -n <<'SCRIPT'\n${document.mainSteps[0].inputs.runCommand[0]}\nSCRIPT`,
    );
    expect(checked.code, name).toBe(0);
  }
});

test("a restart tells its result first and its exit code last", async () => {
  const source = scriptOf("SmartCloudOps-RestartService").replace("{{ Service }}", "app");
  stub("systemctl", `echo "$@" >> ${stubs}/calls; exit 0`);
  const done = await runScript(source);
  expect([done.code, done.lines[0]]).toEqual([0, "result: done, app is active"]);
  expect(readFileSync(join(stubs, "calls"), "utf8").split("\n")[0]).toBe("restart -- app");
  stub("systemctl", "echo 'Unit app.service not found.'; exit 5");
  const failed = await runScript(source);
  expect([failed.code, ...failed.lines.slice(0, 2)]).toEqual([
    5,
    "result: failed, exit code 5",
    "Unit app.service not found.",
  ]);
});

test("cleaning tells what it freed, keeps open files, and deletes only old files below its own list", async () => {
  stub(
    "df",
    `n=$(cat ${stubs}/n 2>/dev/null || echo 1048576); echo Avail; echo $n; echo 2097152 > ${stubs}/n`,
  );
  for (const name of ["journalctl", "apt-get", "dnf", "yum"])
    stub(name, `echo "${name} $*" >> ${stubs}/calls`);
  stub("find", `echo "find $*" >> ${stubs}/calls`);
  const { code, lines } = await runScript(scriptOf("SmartCloudOps-CleanDisk"));
  expect([code, lines[0]]).toEqual([0, "result: done, freed 1024 MiB, 2048 MiB free on /"]);
  const finds = readFileSync(join(stubs, "calls"), "utf8").match(/^find .*$/gm) ?? [];
  expect(finds.map((line) => /^find (.*?) -xdev -type f -mtime \+\d+ /.exec(line)?.[1])).toEqual([
    "/var/log",
    "/var/lib/systemd/coredump",
    "/tmp /var/tmp",
  ]);
});

test("cleaning spares a file that a process holds open", async () => {
  writeFileSync(join(stubs, "held"), "");
  writeFileSync(join(stubs, "idle"), "");
  stub("fuser", 'case "$2" in */held) exit 0 ;; *) exit 1 ;; esac');
  const unused = /unused='(.*)'$/m.exec(scriptOf("SmartCloudOps-CleanDisk"))?.[1] ?? "";
  await runScript(`sh -c '${unused}' clean ${stubs}/held ${stubs}/idle`);
  expect(readdirSync(stubs).sort()).toEqual(["fuser", "held"]);
});

test("diagnostics call nothing that changes anything", async () => {
  const source = scriptOf("SmartCloudOps-Diagnostics");
  expect(source).not.toMatch(
    /\b(rm|kill|restart|stop|start|truncate|dd|mv|tee|sed -i)\b|>(?!\s*\/dev\/null)/,
  );
  for (const name of ["systemctl", "journalctl"]) stub(name, "exit 0");
  const { code, lines } = await runScript(source);
  expect(code).toBe(0);
  expect(lines[0]).toMatch(/^result: done, read at 20/);
});
