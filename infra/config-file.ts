import { readFile } from "node:fs/promises";
import { ConfigError } from "./errors.ts";

/** The text of a file that a variable names. Throws a ConfigError that says which variable and what to do. */
export async function readConfigFile(path: string, variable: string): Promise<string> {
  try {
    return await readFile(path, "utf8");
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    const why = code === "ENOENT" ? "does not exist" : `cannot be read (${code ?? "unknown error"})`;
    throw new ConfigError([`${path} ${why}: correct ${variable} or unset it`]);
  }
}
