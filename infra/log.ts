import { type Logger, pino } from "pino";
import { redactData } from "./redact.ts";

/**
 * Structured and redacted. error: someone must act now; warn: something was refused or given up and the bot goes on;
 * info: what it does; debug: for the developer.
 */
export type Log = Pick<Logger, "debug" | "info" | "warn" | "error">;

export type LogLevel = "error" | "warn" | "info" | "debug";

/** `at` is unix milliseconds; `detail` is what was logged beside the message. Redacted. */
export type LogEntry = { at: number; level: LogLevel; message: string; detail: Record<string, unknown> };

export type LogBook = {
  log: Log;
  /** The newest entries, oldest first: at most `limit` of at least that level. */
  recent(filter?: { level?: LogLevel; sinceMs?: number; limit?: number }): LogEntry[];
};

const severity: Record<LogLevel, number> = { debug: 20, info: 30, warn: 40, error: 50 };
const keptEntries = 1000;

/**
 * The bot's log. Every line goes through redaction as a whole, so no depth and no error path is left out; `secrets` are
 * hidden wherever they stand. `write` gets one line of JSON at a time (stderr in the program).
 */
export function createLog(options: {
  level: LogLevel;
  secrets: readonly string[];
  wall: () => number;
  write: (line: string) => void;
}): LogBook {
  const entries: LogEntry[] = [];
  const stream = {
    write: (line: string) => {
      // pino has just written this JSON itself.
      const { level, time, msg, ...detail } = redactData(JSON.parse(line), options.secrets) as {
        level: LogLevel;
        time: number;
        msg?: string;
      };
      entries.push({ at: time, level, message: msg ?? "", detail });
      if (entries.length > keptEntries) entries.shift();
      options.write(`${JSON.stringify({ level, time, msg, ...detail })}\n`);
    },
  };
  const log = pino(
    {
      level: options.level,
      base: null,
      timestamp: () => `,"time":${options.wall()}`,
      formatters: { level: (label) => ({ level: label }) },
    },
    stream,
  );
  return {
    log,
    recent: ({ level = "debug", sinceMs = 0, limit = keptEntries } = {}) =>
      entries
        .filter((entry) => severity[entry.level] >= severity[level] && entry.at >= sinceMs)
        .slice(-limit),
  };
}
