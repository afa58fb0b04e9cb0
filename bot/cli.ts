#!/usr/bin/env node
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { Command, CommanderError, InvalidArgumentError, Option } from "commander";
import type { RecordWords } from "./commands/record-command.ts";
import { packageRoot } from "./package-root.ts";

/** Exit codes: 0 done, 1 found something wrong, 2 wrong usage or unusable input. */
const exit = { wrong: 1, usage: 2 } as const;

const { version } = JSON.parse(readFileSync(join(packageRoot(), "package.json"), "utf8")) as {
  version: string;
};
const print = (line: string) => process.stdout.write(`${line}\n`);
const tell = (line: string) => process.stderr.write(`${line}\n`);
/** Progress is for people at a terminal, and never mixes with a result on stdout. */
const progress = (line: string) => {
  if (process.stderr.isTTY) tell(line);
};

const program = new Command("smartcloudops")
  .description(
    "A ChatOps bot that finds trouble on servers, proposes a remedy, runs it when approved, and checks that it helped",
  )
  .version(version)
  .exitOverride()
  .showHelpAfterError("(say --help for what there is)");

program
  .command("start", { isDefault: true })
  .description("start the bot; without configuration it replays a recorded incident")
  .argument("[command]")
  .option("--fresh", "begin a new store and keep the old one beside it (replay only)")
  .action(async (unknown: string | undefined, { fresh }: { fresh?: boolean }) => {
    if (unknown !== undefined) {
      program.error(`error: there is no command "${unknown}"`, { exitCode: exit.usage });
    }
    const { startCommand } = await import("./commands/start.ts");
    await startCommand({ fresh: fresh === true, print, tell });
  });

program
  .command("intent")
  .description("how a text is understood; without a text, one a line from standard input")
  .argument("[text...]", "what somebody says")
  .option("--json", "one JSON a line")
  .action(async (words: string[], { json }: { json?: boolean }) => {
    const { intent } = await import("./commands/intent.ts");
    await intent({
      ...(words.length > 0 ? { text: words.join(" ") } : {}),
      json: json === true,
      input: process.stdin,
      output: print,
    });
  });

program
  .command("score")
  .description("train on one CSV file, score another")
  .requiredOption("--train <file>", "history without trouble (.csv or .csv.gz)")
  .requiredOption("--test <file>", "what to score")
  .requiredOption("--out <file>", "where to write time,score,anomalous")
  .option("--alarm-budget <number>", "alarms per subject and day", positive)
  .option("--members <names>", "only these members, separated by commas", words)
  .option("--raw", "plain z-scored columns: no rolling features, no calibration")
  .option("--explain <file>", "write the top three metrics of anomalous rows there")
  .action(async (options: ScoreOptions) => {
    const { score } = await import("./commands/score.ts");
    await score({ ...options, progress });
  });

program
  .command("evaluate")
  .description("measure the detector on a folder of labelled subjects")
  .argument("<dir>", "a dataset or capture")
  .option("--alarm-budget <number>", "alarms per subject and day", positive)
  .option("--json", "the same numbers as JSON")
  .action(async (dir: string, options: { json?: boolean; alarmBudget?: number }) => {
    const { evaluate } = await import("./commands/evaluate.ts");
    print(await evaluate({ dir, ...options, progress }));
  });

program
  .command("record")
  .description("record a time range of a Prometheus into a capture")
  .requiredOption("--prometheus <url>", "its address")
  .requiredOption("--from <time>", "unix seconds, or a time with its zone")
  .requiredOption("--to <time>", "unix seconds, or a time with its zone")
  .requiredOption("--step <seconds>", "how far apart the rows are", positive)
  .requiredOption(
    "--target <name=instance-id...>",
    "a target and its EC2 instance id (NAME=ID or NAME=ID@ADDRESS)",
  )
  .requiredOption("--out <dir>", "the folder to write")
  .option("--labels <file>", "start,end,fault of the faults in the range")
  .option("--service <name>", "the service of the target, for its recorded tags")
  .option("--tag <key=value...>", "tags of the target")
  .option("--demo", "mark it for the demo: a model may be live after half an hour")
  .option("--source <text>", "where the recording comes from")
  .option("--licence <text>", "under which licence it may be used")
  .option("--catalog <file>", "YAML that overrides or adds metrics")
  .action(async (options: RecordWords) => {
    const { recordCommand } = await import("./commands/record-command.ts");
    await recordCommand({ ...options, print: tell });
  });

const drill = program
  .command("drill")
  .description(
    "cause real faults on this Linux machine, one after another, and write when (bounded and cleaned up)",
  )
  .option("--out <dir>", "folder for labels.csv")
  .option("--faults <names>", "which, separated by commas; default all", words, [])
  .option("--service-port <port>", "port of the sample service on loopback", wholeNumber, 8088)
  .option("--quiet-seconds <seconds>", "calm before the first fault", wholeNumber)
  .option("--calm-seconds <seconds>", "calm after each fault", wholeNumber)
  .option("--fault-seconds <seconds>", "how long each fault lasts", wholeNumber)
  .option("--memory-bytes <bytes>", "at most so much memory", wholeNumber)
  .option("--disk-bytes <bytes>", "at most so much disk", wholeNumber)
  .addOption(new Option("--prometheus <url>", "wait until this Prometheus scrapes the service"))
  .action(async ({ prometheus: url, out, ...options }: DrillOptions) => {
    if (out === undefined)
      throw new InvalidArgumentError("--out <dir> is missing: the folder for labels.csv");
    const { drill: run } = await import("./commands/drill.ts");
    const { UsageError } = await import("./commands/usage-error.ts");
    const { createPrometheus } = await import("../infra/prometheus/client.ts");
    await run({
      ...options,
      out,
      print: tell,
      ...(url ? { prometheus: createPrometheus({ url }) } : {}),
    }).catch((error: unknown) => {
      throw error instanceof Error && error.name === "Error" ? new UsageError(error.message) : error;
    });
  });

drill
  .command("service")
  .description("only run the sample service, until it is stopped")
  .option("--service-port <port>", "port on loopback", wholeNumber, 8088)
  .action(async ({ servicePort }: { servicePort: number }) => {
    const { drillService } = await import("./commands/drill.ts");
    await drillService({ servicePort, print: tell });
  });

program
  .command("train")
  .description("learn anew now; a running bot is asked to do it")
  .option("--target <name>", "only this target")
  .action(async ({ target }: { target?: string }) => {
    const { trainCommand } = await import("./commands/train.ts");
    print(await trainCommand(target));
  });

program
  .command("doctor")
  .description("look at everything the bot rests on and say what to do")
  .option("--report <file>", "write what was found there too")
  .action(async ({ report }: { report?: string }) => {
    const { doctorCommand } = await import("./commands/doctor-command.ts");
    if (!(await doctorCommand({ report: report ?? null, print }))) process.exitCode = exit.wrong;
  });

const audit = program.command("audit").description("the append-only record of who did what");
audit
  .command("verify")
  .description("walk the whole chain and name the first entry that was changed")
  .action(async () => {
    const { auditVerify } = await import("./commands/audit.ts");
    if (!(await auditVerify(print))) process.exitCode = exit.wrong;
  });
audit
  .command("export")
  .description("every entry as JSON Lines, oldest first")
  .action(async () => {
    const { auditExport } = await import("./commands/audit.ts");
    await auditExport(print);
  });

type ScoreOptions = {
  train: string;
  test: string;
  out: string;
  alarmBudget?: number;
  members?: string[];
  raw?: boolean;
  explain?: string;
};
type DrillOptions = {
  out?: string;
  faults: string[];
  servicePort: number;
  quietSeconds?: number;
  calmSeconds?: number;
  faultSeconds?: number;
  memoryBytes?: number;
  diskBytes?: number;
  prometheus?: string;
};

function positive(text: string): number {
  const value = Number(text);
  if (text.trim() === "" || !Number.isFinite(value) || value <= 0) {
    throw new InvalidArgumentError("It must be a number above 0.");
  }
  return value;
}

function wholeNumber(text: string): number {
  if (!/^\d{1,15}$/.test(text)) throw new InvalidArgumentError("It must be a whole number, 0 or more.");
  return Number(text);
}

function words(text: string): string[] {
  return text.split(",").flatMap((word) => (word.trim() === "" ? [] : [word.trim()]));
}

/** Commander has told the person already; everything else is told here, and only the unforeseen with its stack. */
function finish(error: unknown): void {
  if (error instanceof CommanderError) {
    process.exitCode = error.exitCode === 0 ? 0 : exit.usage;
    if (error instanceof InvalidArgumentError) tell(`error: ${error.message}`);
    return;
  }
  const expected =
    error instanceof Error &&
    /^(UsageError|ConfigError|DefinitionError|DatasetError|PrometheusError|ModelError)$/.test(error.name);
  tell(
    expected
      ? `error: ${(error as Error).message}`
      : error instanceof Error
        ? (error.stack ?? error.message)
        : String(error),
  );
  process.exitCode = expected ? exit.usage : exit.wrong;
}

await program.parseAsync().catch(finish);
