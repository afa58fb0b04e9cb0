import { z } from "zod";
import { readConfigFile } from "./config-file.ts";
import { ConfigError } from "./errors.ts";
import { parseYaml } from "./yaml.ts";

const nameRule = "must be letters, digits, dots, dashes or underscores";

const entry = z.strictObject({
  name: z.string().regex(/^[A-Za-z0-9][\w.-]*$/, { error: nameRule }),
  instance_id: z
    .string()
    .regex(/^i-[0-9a-f]{4,17}$/, { error: "must be an EC2 instance id such as i-0abc1234def567890" })
    .optional(),
  region: z.string().min(1).optional(),
  match: z
    .record(z.string(), z.string())
    .refine((match) => Object.keys(match).length > 0, {
      error: 'needs at least one label, for example {instance: "10.0.1.5"}',
    })
    .optional(),
  tags: z.record(z.string(), z.string()).default({}),
});

/** One entry of `targets.yaml`: what a target is called, which instance it is, and which series are its. */
export type TargetEntry = z.infer<typeof entry>;

const entries = z.array(entry);

/** Reads a list of targets. Throws a ConfigError with file, line and column of every complaint. */
export async function readTargetsFile(path: string): Promise<TargetEntry[]> {
  return parseTargets(await readConfigFile(path, "SMARTCLOUDOPS_TARGETS"), path);
}

/** The same from text; a list, or a list under the key `targets`. */
export function parseTargets(text: string, file: string): TargetEntry[] {
  const found = /^targets\s*:/m.test(text)
    ? parseYaml(text, z.strictObject({ targets: entries }), file).targets
    : parseYaml(text, entries, file);
  const problems = (["name", "instance_id"] as const).flatMap((key) =>
    repeated(found.map((one) => one[key])).map(
      (value) => `${file}: two targets have the ${key} ${value}: keep one`,
    ),
  );
  if (problems.length > 0) throw new ConfigError(problems);
  return found;
}

function repeated(values: readonly (string | undefined)[]): string[] {
  const given = values.filter((value) => value !== undefined);
  return [...new Set(given.filter((value, i) => given.indexOf(value) < i))];
}
