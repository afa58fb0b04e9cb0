import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { z } from "zod";
import { ConfigError } from "./errors.ts";

/** First and last second of a stretch of the recording, both included. */
const stretch = z.tuple([z.number(), z.number()]).refine(([from, to]) => from <= to, {
  error: "must not end before it begins",
});

const fault = z.object({
  name: z.string().min(1),
  target: z.string().min(1),
  /** The label: when the cause began and ended. */
  start: z.number(),
  end: z.number(),
  before: stretch,
  onset: stretch,
  plateau: stretch,
  recovery: stretch,
  calm: stretch,
  /** The action after which the recorded recovery comes; null when nothing the demo can do cures it. */
  cure: z.enum(["restart_service", "clean_disk"]).nullable(),
});

const target = z.object({
  name: z.string().min(1),
  instance_id: z.string().min(1),
  region: z.string().min(1),
  /** Labels of the target's series as Prometheus had them. */
  labels: z.record(z.string(), z.string()),
  tags: z.record(z.string(), z.string()),
  /** The service that a restart restarts. */
  service: z.string().nullable(),
});

/**
 * `capture.json`: what a recording from Prometheus holds. All times are the recording's own unix seconds.
 * `expressions` is metric -> PromQL with everything filled in; `same_as` maps further expressions to the metric whose
 * column answers them; `freshness` is the expression that tells the time of the newest sample.
 */
const captureSchema = z.object({
  name: z.string().min(1),
  /** A model may be live after half an hour of history, and says so. */
  demo: z.boolean(),
  step_seconds: z.number().positive(),
  source: z.string().min(1),
  licence: z.string().min(1),
  recorded: z.object({ from: z.number(), to: z.number() }),
  /** The first second of test.csv: train ends before it. */
  test_from: z.number(),
  expressions: z.record(z.string(), z.string()),
  same_as: z.record(z.string(), z.string()),
  freshness: z.string(),
  labels: z.record(z.string(), z.record(z.string(), z.string())).optional(),
  targets: z.array(target).min(1),
  faults: z.array(fault),
});

export type Capture = z.infer<typeof captureSchema>;
export type CaptureTarget = z.infer<typeof target>;
export type CaptureFault = z.infer<typeof fault>;

/** Reads and checks DIRECTORY/capture.json. Throws a ConfigError that says what is wrong and how to record one. */
export async function readCapture(directory: string): Promise<Capture> {
  const path = join(directory, "capture.json");
  const parsed = captureSchema.safeParse(parseJson(await readText(path), path));
  if (parsed.success) return parsed.data;
  throw new ConfigError(
    parsed.error.issues.map((issue) => `${path}: ${issue.path.join(".")}: ${issue.message}. ${remedy}`),
  );
}

const remedy = "Correct SMARTCLOUDOPS_REPLAY or unset it, or record a new one (smartcloudops record --help)";

async function readText(path: string): Promise<string> {
  try {
    return await readFile(path, "utf8");
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    throw new ConfigError([`${path} cannot be read (${code ?? "unknown error"}). ${remedy}`]);
  }
}

function parseJson(text: string, path: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch (error) {
    throw new ConfigError([`${path} is not JSON: ${(error as Error).message}. ${remedy}`]);
  }
}
