import { existsSync, readFileSync } from "node:fs";
import { type Config, loadConfig } from "../../infra/config.ts";

/** The configuration of this process: the environment, and `.env` in the working directory for what it does not set. */
export function loadConfiguration(): Config {
  if (existsSync(".env")) process.loadEnvFile(".env");
  return loadConfig(process.env, (path) => readFileSync(path, "utf8"));
}
