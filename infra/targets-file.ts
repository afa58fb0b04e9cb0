import { z } from "zod";
import { readConfigFile } from "./config-file.ts";
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

const entries = z.array(entry).superRefine((found, check) => {
  for (const key of ["name", "instance_id"] as const) {
    for (const [index, one] of found.entries()) {
      const value = one[key];
      if (value === undefined || found.findIndex((other) => other[key] === value) === index) continue;
      const message = `two targets have the ${key} ${value}: keep one`;
      check.addIssue({ code: "custom", path: [index, key], message });
    }
  }
});

/** Reads a list of targets. Throws a ConfigError with file, line and column of every complaint. */
export async function readTargetsFile(path: string): Promise<TargetEntry[]> {
  return parseTargets(await readConfigFile(path, "SMARTCLOUDOPS_TARGETS"), path);
}

/** The same from text; a list, or a list under the key `targets`. */
export function parseTargets(text: string, file: string): TargetEntry[] {
  return /^targets\s*:/m.test(text)
    ? parseYaml(text, z.strictObject({ targets: entries }), file).targets
    : parseYaml(text, entries, file);
}
