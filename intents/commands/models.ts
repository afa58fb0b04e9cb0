import type { Command, CommandKind } from "../commands.ts";
import { operate, read } from "./rights.ts";

/** What the bot has learned, and what its rules would have done. */
export const modelsCommands = {
  train: {
    group: "models",
    syntax: "train [TARGET] [version N|previous]",
    meaning: "learn anew, or go back to an earlier model",
    examples: ["retrain", "retrain the model for web-1"],
    ...operate,
  },
  model_status: {
    group: "models",
    syntax: "model [TARGET]",
    meaning: "how good and how fresh the models are",
    examples: ["how good is the model", "when was the model last trained"],
    ...read,
  },
  backtest: {
    group: "models",
    syntax: "backtest RULE [WINDOW]",
    meaning: "what a rule would have done in the past",
    examples: ["backtest rule disk-fill 14d", "backtest memory-leak 30d"],
    ...read,
    role: "operator",
  },
} satisfies Partial<Record<CommandKind, Command>>;
