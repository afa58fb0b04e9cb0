import { readFileSync } from "node:fs";
import { join } from "node:path";
import { packageRoot } from "./package-root.ts";

/** Which program this is: its version, and the commit it was built from (null: built outside of a git checkout). */
export type BuildInfo = { version: string; commit: string | null };

/** Reads `package.json` and what the build wrote beside the program; throws when the package is not whole. */
export function readBuildInfo(root: string = packageRoot()): BuildInfo {
  const { version } = JSON.parse(readFileSync(join(root, "package.json"), "utf8")) as { version: string };
  return { version, commit: commitOf(join(root, "dist", "build.json")) };
}

function commitOf(file: string): string | null {
  try {
    const { commit } = JSON.parse(readFileSync(file, "utf8")) as { commit: unknown };
    return typeof commit === "string" ? commit : null;
  } catch (error) {
    // Tests run from source, where nothing was built.
    if (error instanceof Error && "code" in error && error.code === "ENOENT") return null;
    throw error;
  }
}
