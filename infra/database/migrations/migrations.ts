import type { Migration } from "kysely";
import { chat } from "./0002-chat.ts";
import { modelsAndSettings } from "./0003-models-and-settings.ts";
import { metricsHistory } from "./0004-metrics-history.ts";
import { modelVersions } from "./0005-model-versions.ts";
import { feedback } from "./0006-feedback.ts";
import { alertDeliveries } from "./0007-alert-deliveries.ts";
import { autonomy } from "./0008-autonomy.ts";
import { planBounds } from "./0009-plan-bounds.ts";
import { changes } from "./0010-changes.ts";
import { approvals } from "./0011-approvals.ts";
import { auditFence } from "./0012-audit-fence.ts";
import { outsideSilences } from "./0013-outside-silences.ts";
import { buttonSeals } from "./0014-button-seals.ts";
import { remediation } from "./0001-remediation.ts";

/** What differs between the databases: the type of a number that the database counts up by itself. */
export type SchemaDialect = "sqlite" | "postgres";

/** Every change of the schema, in order of its name. One that was released is never edited; a new one follows. */
export function migrations(dialect: SchemaDialect): Record<string, Migration> {
  return {
    "0001-remediation": { up: remediation },
    "0002-chat": { up: chat(dialect) },
    "0003-models-and-settings": { up: modelsAndSettings },
    "0004-metrics-history": { up: metricsHistory(dialect) },
    "0005-model-versions": { up: modelVersions },
    "0006-feedback": { up: feedback },
    "0007-alert-deliveries": { up: alertDeliveries },
    "0008-autonomy": { up: autonomy },
    "0009-plan-bounds": { up: planBounds },
    "0010-changes": { up: changes },
    "0011-approvals": { up: approvals },
    "0012-audit-fence": { up: auditFence(dialect) },
    "0013-outside-silences": { up: outsideSilences },
    "0014-button-seals": { up: buttonSeals },
  };
}
