import type { RemediationTables } from "../../remediation/tables.ts";
import type { ChatTables } from "./chat-tables.ts";
import type { ModelsTable } from "./models.ts";
import type { SettingsTable } from "./settings.ts";

/** Every table there is, from the folders that own them. */
export type Database = RemediationTables & ChatTables & { models: ModelsTable; settings: SettingsTable };
