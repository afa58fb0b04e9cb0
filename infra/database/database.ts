import type { RemediationTables } from "../../remediation/tables.ts";
import type { AlertDeliveryTables } from "./alert-deliveries.ts";
import type { ChatTables } from "./chat-tables.ts";
import type { FleetTables } from "./fleet-changes.ts";
import type { MetricsHistoryTables } from "./metrics-history-tables.ts";
import type { ModelVersionsTable } from "./models.ts";
import type { SettingsTable } from "./settings.ts";

/** Every table there is, from the folders that own them. */
export type Database = RemediationTables &
  ChatTables &
  MetricsHistoryTables &
  AlertDeliveryTables &
  FleetTables & { model_versions: ModelVersionsTable; settings: SettingsTable };
