import type { Migration } from "kysely";
import { chat } from "./0002-chat.ts";
import { modelsAndSettings } from "./0003-models-and-settings.ts";
import { remediation } from "./0001-remediation.ts";

/** What differs between the databases: the type of a number that the database counts up by itself. */
export type SchemaDialect = "sqlite" | "postgres";

/** Every change of the schema, in order of its name. One that was released is never edited; a new one follows. */
export function migrations(dialect: SchemaDialect): Record<string, Migration> {
  return {
    "0001-remediation": { up: remediation },
    "0002-chat": { up: chat(dialect) },
    "0003-models-and-settings": { up: modelsAndSettings },
  };
}
