import { type Kysely, sql } from "kysely";
import type { SchemaDialect } from "./migrations.ts";

/** The collected history of metrics: its targets, the sets of metric names, the moments collected and the rows. */
export const metricsHistory =
  (dialect: SchemaDialect) =>
  async (db: Kysely<unknown>): Promise<void> => {
    const counted = dialect === "sqlite" ? "integer" : "bigserial";
    await db.schema
      .createTable("metric_targets")
      .addColumn("id", counted, (column) => column.primaryKey())
      .addColumn("source", "text", (column) => column.notNull())
      .addColumn("name", "text", (column) => column.notNull())
      .addColumn("row_count", "bigint", (column) => column.notNull())
      .addColumn("gap_count", "bigint", (column) => column.notNull())
      .addColumn("dead_count", "bigint", (column) => column.notNull())
      .addColumn("oldest_metric_at", "bigint", (column) => column.notNull())
      .addColumn("newest_metric_at", "bigint", (column) => column.notNull())
      .addUniqueConstraint("metric_targets_name", ["source", "name"])
      .execute();
    await db.schema
      .createTable("metric_sets")
      .addColumn("id", counted, (column) => column.primaryKey())
      .addColumn("source", "text", (column) => column.notNull())
      .addColumn("names", "text", (column) => column.notNull())
      .addColumn("oldest_metric_at", "bigint", (column) => column.notNull())
      .addColumn("newest_metric_at", "bigint", (column) => column.notNull())
      .addUniqueConstraint("metric_sets_names", ["source", "names"])
      .execute();
    await db.schema
      .createTable("metric_beats")
      .addColumn("source", "text", (column) => column.notNull())
      .addColumn("metric_at", "bigint", (column) => column.notNull())
      .addPrimaryKeyConstraint("metric_beats_key", ["source", "metric_at"])
      .execute();
    const rows = db.schema
      .createTable("metric_rows")
      .addColumn("metric_at", "bigint", (column) => column.notNull())
      .addColumn("target", "bigint", (column) => column.notNull())
      .addColumn("metric_set", "bigint", (column) => column.notNull())
      .addColumn("after_gap", "integer", (column) => column.notNull())
      .addColumn("dead", "integer", (column) => column.notNull())
      .addColumn("cells", "bytea")
      // Time first: a beat of all targets then fills a few pages, and does not touch one page for each target.
      .addPrimaryKeyConstraint("metric_rows_key", ["metric_at", "target"]);
    await (dialect === "sqlite" ? rows.modifyEnd(sql`without rowid`) : rows).execute();
  };
