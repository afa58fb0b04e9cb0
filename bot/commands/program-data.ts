import type { Command } from "commander";
import { positive, wholeNumber, words } from "./option-values.ts";
import type { Terminal } from "./program.ts";
import type { RecordWords } from "./record-command.ts";
import { UsageError } from "./usage-error.ts";

/** The commands that need no bot: they read and write recordings and datasets, or make one. */
export function addDataCommands(program: Command, terminal: Terminal): void {
  addDetectorCommands(program, terminal);
  addRecordCommand(program, terminal);
  addDrillCommands(program, terminal);
}

type ScoreOptions = {
  train: string;
  test: string;
  out: string;
  alarmBudget?: number;
  members?: string[];
  raw?: boolean;
  explain?: string;
};

function addDetectorCommands(program: Command, { print, tell, progress }: Terminal): void {
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
      const { score } = await import("./score.ts");
      await score({ ...options, progress, tell });
    });
  program
    .command("evaluate")
    .description("measure the detector on a folder of labelled subjects")
    .argument("<dir>", "a dataset or capture")
    .option("--alarm-budget <number>", "alarms per subject and day", positive)
    .option("--json", "the same numbers as JSON")
    .action(async (dir: string, options: { json?: boolean; alarmBudget?: number }) => {
      const { evaluate } = await import("./evaluate.ts");
      print(await evaluate({ dir, ...options, progress }));
    });
}

function addRecordCommand(program: Command, { tell }: Terminal): void {
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
      const { recordCommand } = await import("./record-command.ts");
      await recordCommand({ ...options, print: tell });
    });
}

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

function addDrillCommands(program: Command, { tell }: Terminal): void {
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
    .option("--prometheus <url>", "wait until this Prometheus scrapes the service")
    .action((options: DrillOptions) => runDrill(options, tell));
  drill
    .command("service")
    .description("only run the sample service, until it is stopped")
    .option("--service-port <port>", "port on loopback", wholeNumber, 8088)
    .action(async ({ servicePort }: { servicePort: number }) => {
      const { drillService } = await import("./drill.ts");
      await drillService({ servicePort, print: tell });
    });
}

async function runDrill(
  { prometheus: url, out, ...options }: DrillOptions,
  tell: Terminal["tell"],
): Promise<void> {
  if (out === undefined) throw new UsageError("--out <dir> is missing: the folder for labels.csv");
  const { drill } = await import("./drill.ts");
  const { createPrometheus } = await import("../../infra/prometheus/client.ts");
  await drill({ ...options, out, print: tell, ...(url ? { prometheus: createPrometheus({ url }) } : {}) });
}
