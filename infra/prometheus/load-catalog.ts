import { z } from "zod";
import { readConfigFile } from "../config-file.ts";
import { ConfigError } from "../errors.ts";
import { parseYaml } from "../yaml.ts";
import { builtinMetrics } from "./builtin-metrics.ts";
import { type Catalog, type CatalogOptions, type Metric, createCatalog } from "./catalog.ts";

const expression = z
  .string()
  .min(1)
  .refine(
    (expr) => !/\$(?!rate\b|by\b)\w/.test(expr.replaceAll(/"(\\.|[^"\\])*"|'(\\.|[^'\\])*'|`[^`]*`/g, "")),
    {
      error: "may use $rate (the rate window) and $by (the labels targets are told apart by), and no other $",
    },
  );

const entry = z.strictObject({
  name: z
    .string()
    .regex(/^[a-z][a-z0-9_]*$/, { error: "must be lower case letters, digits and underscores" }),
  title: z.string().min(1).optional(),
  aliases: z.array(z.string().min(1)).optional(),
  unit: z
    .enum(["percent", "bytes", "bytes_per_second", "per_second", "fraction", "seconds", "count", "up"])
    .optional(),
  range: z.tuple([z.number(), z.number().nullable()]).optional(),
  worse: z.enum(["more", "less", "either"]).optional(),
  smallest_change: z.number().positive().optional(),
  limit: z.number().nullable().optional(),
  combine: z.enum(["sum", "max", "min"]).optional(),
  expr: expression.optional(),
});

const catalogFile = z.strictObject({ metrics: z.array(entry).min(1) });

/**
 * The catalog with a user's YAML file over the built-in metrics (`file` null: those alone). An entry with the name of a
 * built-in metric changes what it says; any other entry adds a metric and needs `unit`, `worse`, `smallest_change` and
 * `expr`. Throws a ConfigError with file, line and column.
 */
export async function loadCatalog(
  options: Omit<CatalogOptions, "metrics"> & { file: string | null },
): Promise<Catalog> {
  const { file, ...rest } = options;
  if (file === null) return createCatalog(rest);
  return createCatalog({
    ...rest,
    metrics: mergeMetrics(await readConfigFile(file, "SMARTCLOUDOPS_CATALOG"), file),
  });
}

/** The built-in metrics in their order, changed, then the added ones. */
export function mergeMetrics(text: string, file: string): Metric[] {
  const { metrics: entries } = parseYaml(text, catalogFile, file);
  const merged = new Map(builtinMetrics.map((metric) => [metric.name, metric]));
  const problems: string[] = [];
  for (const [i, { smallest_change, ...given }] of entries.entries()) {
    const known = merged.get(given.name) ?? {
      title: given.name.replaceAll("_", " "),
      aliases: [],
      range: [0, null],
      limit: null,
      combine: "max",
    };
    const change = smallest_change === undefined ? {} : { smallestChange: smallest_change };
    const metric = { ...known, ...given, ...change };
    if (isComplete(metric)) merged.set(metric.name, metric);
    else
      problems.push(
        `${file}: metrics.${i} (${given.name}) is new, so it needs unit, worse, smallest_change and expr`,
      );
  }
  problems.push(...clashes([...merged.values()], file));
  if (problems.length > 0) throw new ConfigError(problems);
  return [...merged.values()];
}

function isComplete(metric: Partial<Metric> & Pick<Metric, "name">): metric is Metric {
  return [metric.unit, metric.worse, metric.smallestChange, metric.expr].every(
    (value) => value !== undefined,
  );
}

function clashes(metrics: readonly Metric[], file: string): string[] {
  const owner = new Map<string, string>(metrics.map(({ name }) => [name, name]));
  return metrics.flatMap(({ name, aliases }) =>
    aliases.flatMap((alias) => {
      const other = owner.get(alias) ?? name;
      owner.set(alias, name);
      return other === name
        ? []
        : [`${file}: the alias ${alias} of ${name} already means ${other}: choose another`];
    }),
  );
}
