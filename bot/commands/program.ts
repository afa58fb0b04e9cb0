import { readFileSync } from "node:fs";
import { join } from "node:path";
import { Argument, Command, CommanderError } from "commander";
import { packageRoot } from "../package-root.ts";
import { explainFailure } from "./explain-failure.ts";
import { addDataCommands } from "./program-data.ts";
import { UsageError } from "./usage-error.ts";

/** Where a command reads and writes: results go to `print`, everything else to `tell`. */
export type Terminal = {
  print(line: string): void;
  tell(line: string): void;
  /** Told what is being done; only people at a terminal want to know. */
  progress(line: string): void;
  input: NodeJS.ReadableStream | AsyncIterable<string>;
};

/** How a command that did not throw went. */
export type Outcome = { exitCode: 0 | 1 | 3 };

const exit = { done: 0, wrong: 1, usage: 2, unproven: 3 } as const;

/**
 * Runs one command line (without node and script). Exit codes: 0 done, 1 found something wrong, 2 wrong usage or unusable
 * input, 3 nothing wrong was found, but not all could be checked.
 */
export async function runCommandLine(argv: readonly string[], terminal: Terminal): Promise<number> {
  const outcome: Outcome = { exitCode: exit.done };
  const program = describeProgram(terminal, outcome);
  const stranger = unknownCommand(argv, program);
  if (stranger !== null) {
    terminal.tell(`error: there is no command "${stranger}"\n(say --help for what there is)`);
    return exit.usage;
  }
  try {
    await program.parseAsync(argv, { from: "user" });
    return outcome.exitCode;
  } catch (error) {
    // Commander has told the person already.
    if (error instanceof CommanderError) return error.exitCode === 0 ? exit.done : exit.usage;
    const { message, exitCode, withStack } = explainFailure(error);
    if (withStack) terminal.tell(`error, a mistake in the program: ${(error as Error).stack ?? message}`);
    else if (message !== "") terminal.tell(`error: ${message}`);
    return exitCode;
  }
}

/** Commander gives a word that is no command to the default command, which would then start, or show its help. */
function unknownCommand(argv: readonly string[], program: Command): string | null {
  const names = ["help", ...program.commands.map((command) => command.name())];
  const asked = argv[0] === "help" ? argv[1] : argv[0];
  return asked === undefined || asked.startsWith("-") || names.includes(asked) ? null : asked;
}

function describeProgram(terminal: Terminal, outcome: Outcome): Command {
  const { version } = JSON.parse(readFileSync(join(packageRoot(), "package.json"), "utf8")) as {
    version: string;
  };
  const program = new Command("smartcloudops")
    .description(
      "A ChatOps bot that finds trouble on servers, proposes a remedy, runs it when approved, and checks that it helped",
    )
    .version(version)
    .exitOverride()
    .configureOutput({
      writeOut: (text) => terminal.print(text.trimEnd()),
      writeErr: (text) => terminal.tell(text.trimEnd()),
    })
    .showHelpAfterError("(say --help for what there is)");
  addBotCommands(program, terminal, outcome);
  addDataCommands(program, terminal);
  addAuditCommands(program, terminal, outcome);
  return program;
}

function addBotCommands(
  program: Command,
  { print, tell, input, progress }: Terminal,
  outcome: Outcome,
): void {
  program
    .command("start", { isDefault: true })
    .description("start the bot; without configuration it replays a recorded incident")
    .option("--fresh", "begin a new store and keep the old one beside it (replay only)")
    .action(async ({ fresh }: { fresh?: boolean }) => {
      const { startCommand } = await import("./start.ts");
      await startCommand({ fresh: fresh === true, print, tell });
    });
  program
    .command("intent")
    .description("how a text is understood; without a text, one a line from standard input")
    .argument("[text...]", "what somebody says")
    .option("--json", "one JSON a line")
    .action(async (words: string[], { json }: { json?: boolean }) => {
      const { intent } = await import("./intent.ts");
      await intent({
        ...(words.length > 0 ? { text: words.join(" ") } : {}),
        json: json === true,
        input,
        output: print,
      });
    });
  program
    .command("train")
    .description("learn anew now; a running bot is asked to do it")
    .option("--target <name>", "only this target")
    .option("--synthetic <dir>", "learn from data that synthesize made up, for teaching; needs --out")
    .option("--out <file>", "where the model of --synthetic goes; no bot uses it")
    .action(async ({ target, synthetic, out }: { target?: string; synthetic?: string; out?: string }) => {
      if (synthetic !== undefined || out !== undefined) {
        if (synthetic === undefined || out === undefined || target !== undefined)
          throw new UsageError("--synthetic DIR and --out FILE belong together, and no --target to them");
        const { trainSynthetic } = await import("./train-synthetic.ts");
        print(await trainSynthetic({ dir: synthetic, out }));
        return;
      }
      const { trainCommand } = await import("./train.ts");
      const { text, ok } = await trainCommand(target);
      print(text);
      if (!ok) outcome.exitCode = exit.wrong;
    });
  program
    .command("schema")
    .description("the JSON Schema of the policy, of rules or of runbooks, for editors and checks")
    .addArgument(new Argument("<file>", "which file it describes").choices(["policy", "rules", "runbook"]))
    .action(async (file: string) => {
      const { schemaOf } = await import("./schema.ts");
      print(JSON.stringify(schemaOf(file), null, 2));
    });
  program
    .command("backtest")
    .description("what a rule would have done over the collected history; changes nothing")
    .argument("<rule>", "its name in the rules file")
    .option("--window <duration>", "how far back, like 36h or 14d", "14d")
    .option("--json", "the same as JSON")
    .action(async (rule: string, { window, json }: { window: string; json?: boolean }) => {
      const { backtestCommand } = await import("./backtest.ts");
      const now = Date.now() / 1_000;
      await backtestCommand({ rule, window, json: json === true, now, print, progress });
    });
  program
    .command("incident")
    .description(
      "everything that is known of an incident as one HTML file: what was done, by whom, with what effect",
    )
    .argument("<id>", "like inc-12")
    .requiredOption("--out <file>", "where the file goes")
    .action(async (id: string, { out }: { out: string }) => {
      const { incidentCommand } = await import("./incident.ts");
      if (!(await incidentCommand({ id, out, now: Date.now(), print }))) outcome.exitCode = exit.wrong;
    });
  program
    .command("doctor")
    .description("look at everything the bot rests on and say what to do")
    .option("--report <file>", "write what was found there too")
    .action(async ({ report }: { report?: string }) => {
      const { doctorCommand } = await import("./doctor-command.ts");
      if (!(await doctorCommand({ report: report ?? null, print }))) outcome.exitCode = exit.wrong;
    });
}

function addAuditCommands(program: Command, { print }: Terminal, outcome: Outcome): void {
  const audit = program.command("audit").description("the append-only record of who did what");
  audit
    .command("verify")
    .description("walk the whole chain and name the first entry that was changed")
    .option("--head <seq:hash>", 'compare with a head noted elsewhere, as the log line "audit head" names it')
    .option("--file <export>", "check what audit export wrote, instead of the store")
    .option("--key <file>", "the key of --file. Unset: audit.key in SMARTCLOUDOPS_DATA_DIR")
    .action(async (options: { head?: string; file?: string; key?: string }) => {
      const { auditVerify } = await import("./audit.ts");
      const verdict = await auditVerify(print, options);
      outcome.exitCode = ({ whole: exit.done, broken: exit.wrong, unproven: exit.unproven } as const)[
        verdict
      ];
    });
  audit
    .command("export")
    .description("every entry as JSON Lines, oldest first")
    .action(async () => {
      const { auditExport } = await import("./audit.ts");
      await auditExport(print);
    });
}
