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
  addSynthesizeCommand(program, terminal);
}

type ScoreOptions = {
  train: string;
  test: string;
  out: string;
  alarmBudget?: number;
  members?: string[];
  raw?: boolean;
  explain?: string;
  synthetic?: boolean;
};

const synthetic = "the data was made up by synthesize, and that is meant";

type EvaluateOptions = {
  json?: boolean;
  alarmBudget?: number;
  byMember?: boolean;
  timings?: boolean;
  synthetic?: boolean;
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
    .option("--synthetic", synthetic)
    .action(async (options: ScoreOptions) => {
      const { score } = await import("./score.ts");
      await score({ ...options, progress, tell });
    });
  program
    .command("evaluate")
    .description("measure the detector on a folder of labelled subjects")
    .argument("<dir>", "a dataset or capture")
    .option("--alarm-budget <number>", "alarms per subject and day", positive)
    .option("--by-member", "also every member alone, side by side")
    .option("--timings", "also seconds of training and scoring, and microseconds a row (always in JSON)")
    .option("--synthetic", synthetic)
    .option("--json", "the same numbers as JSON")
    .action(async (dir: string, options: EvaluateOptions) => {
      const { evaluate } = await import("./evaluate.ts");
      print((await evaluate({ dir, ...options, progress, tell })).trimEnd());
    });
  program
    .command("bench")
    .description("measure the detector's speed on this machine, beside scikit-learn and npm packages")
    .option("--quick", "small sizes: a look at the shape of it, in seconds")
    .option("--json", "the same numbers as JSON")
    .action(async (options: { quick?: boolean; json?: boolean }) => {
      const { bench } = await import("./bench.ts");
      print((await bench({ ...options, progress })).trimEnd());
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
  servicePort?: number;
  quietSeconds?: number;
  calmSeconds?: number;
  faultSeconds?: number;
  memoryBytes?: number;
  diskBytes?: number;
  prometheus?: string;
  evaluate?: boolean;
  alarmBudget?: number;
  json?: boolean;
};

const servicePortByDefault = 8088;

function addDrillCommands(program: Command, terminal: Terminal): void {
  const drill = program
    .command("drill")
    .description(
      "cause real faults on this Linux machine, one after another, and write when (bounded and cleaned up)",
    )
    .option("--out <dir>", "folder for labels.csv, with --evaluate for the whole recording")
    .option("--evaluate", "let the detector watch, and print what it found (starts its own Prometheus)")
    .option("--faults <names>", "which, separated by commas; default all", words, [])
    .option(
      "--service-port <port>",
      `port of the sample service on loopback; default ${servicePortByDefault}, a free one when nobody else scrapes it`,
      wholeNumber,
    )
    .option("--quiet-seconds <seconds>", "calm before the first fault; --evaluate learns it", wholeNumber)
    .option("--calm-seconds <seconds>", "calm after each fault", wholeNumber)
    .option("--fault-seconds <seconds>", "how long each fault lasts", wholeNumber)
    .option("--memory-bytes <bytes>", "at most so much memory", wholeNumber)
    .option("--disk-bytes <bytes>", "at most so much disk", wholeNumber)
    .option(
      "--prometheus <url>",
      "wait until this Prometheus scrapes the service; --evaluate watches through it",
    )
    .option("--alarm-budget <number>", "with --evaluate: alarms per day", positive)
    .option("--json", "with --evaluate: the same numbers as JSON")
    .action((options: DrillOptions) => runDrill(options, terminal));
  drill
    .command("service")
    .description("only run the sample service, until it is stopped")
    .option("--service-port <port>", "port on loopback", wholeNumber, servicePortByDefault)
    .action(async ({ servicePort }: { servicePort: number }) => {
      const { drillService } = await import("./drill.ts");
      await drillService({ servicePort, print: terminal.tell });
    });
}

async function runDrill(
  { prometheus: url, out, evaluate, ...options }: DrillOptions,
  { tell, print }: Terminal,
): Promise<void> {
  if (evaluate === true) {
    const { drillEvaluate } = await import("./drill-evaluate.ts");
    const started = new Date().toISOString().slice(0, 16).replace(":", "");
    print(
      await drillEvaluate({
        ...options,
        print: tell,
        out: out ?? `drill-${started}`,
        servicePort: options.servicePort ?? (url === undefined ? 0 : servicePortByDefault),
        ...(url === undefined ? {} : { prometheusUrl: url }),
      }),
    );
    return;
  }
  if (out === undefined) throw new UsageError("--out <dir> is missing: the folder for labels.csv");
  const { drill } = await import("./drill.ts");
  const { createPrometheus } = await import("../../infra/prometheus/client.ts");
  const servicePort = options.servicePort ?? servicePortByDefault;
  const prometheus = url === undefined ? {} : { prometheus: createPrometheus({ url }) };
  await drill({ ...options, ...prometheus, servicePort, out, print: tell });
}

type SynthesizeOptions = { days: number; seed: number; out: string; step: number; targets: number };

function addSynthesizeCommand(program: Command, { print }: Terminal): void {
  program
    .command("synthesize")
    .description("make up labelled data of servers, for tests, teaching and what-if only")
    .requiredOption("--days <days>", "days without faults to train on, and as many with faults", positive)
    .requiredOption("--out <dir>", "the folder to write")
    .option("--seed <number>", "the same seed gives the same bytes", wholeNumber, 1)
    .option("--step <seconds>", "how far apart the rows are", wholeNumber, 60)
    .option("--targets <number>", "how many servers", wholeNumber, 1)
    .action(async (options: SynthesizeOptions) => {
      const { synthesizeCommand } = await import("./synthesize.ts");
      await synthesizeCommand({ ...options, print });
    });
}
