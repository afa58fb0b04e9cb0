import type { Kysely } from "kysely";
import type { SchemaDialect } from "./migrations.ts";

/** Deliveries, cards, buttons, messages and pictures. */
export const chat =
  (dialect: SchemaDialect) =>
  async (db: Kysely<unknown>): Promise<void> => {
    await db.schema
      .createTable("inbox")
      .addColumn("key", "text", (column) => column.primaryKey())
      .addColumn("body", "text", (column) => column.notNull())
      .addColumn("received_at", "bigint", (column) => column.notNull())
      .addColumn("handled_at", "bigint")
      .execute();
    await db.schema.createIndex("inbox_received_at").on("inbox").column("received_at").execute();
    await db.schema
      .createTable("cards")
      .addColumn("id", "text", (column) => column.primaryKey())
      .addColumn("surface", "text", (column) => column.notNull())
      .addColumn("channel", "text", (column) => column.notNull())
      .addColumn("thread", "text")
      .addColumn("message", "text")
      .addColumn("view", "text", (column) => column.notNull())
      .addColumn("incident", "text")
      .addColumn("plan", "text")
      .addColumn("card", "text", (column) => column.notNull())
      .addColumn("chart", "text")
      .addColumn("pending", "text")
      .addColumn("attempts", "integer", (column) => column.notNull())
      .addColumn("next_attempt_at", "bigint", (column) => column.notNull())
      .addColumn("created_at", "bigint", (column) => column.notNull())
      .addColumn("updated_at", "bigint", (column) => column.notNull())
      .execute();
    await db.schema.createIndex("cards_plan").on("cards").column("plan").execute();
    await db.schema.createIndex("cards_chart").on("cards").column("chart").execute();
    await db.schema.createIndex("cards_incident").on("cards").column("incident").execute();
    await db.schema
      .createIndex("cards_pending")
      .on("cards")
      .columns(["pending", "next_attempt_at"])
      .execute();
    await db.schema
      .createTable("buttons")
      .addColumn("token_hash", "text", (column) => column.primaryKey())
      .addColumn("card_id", "text", (column) => column.notNull())
      .addColumn("plan", "text")
      .addColumn("intent", "text", (column) => column.notNull())
      .addColumn("created_at", "bigint", (column) => column.notNull())
      .addColumn("superseded_at", "bigint")
      .execute();
    await db.schema.createIndex("buttons_card").on("buttons").column("card_id").execute();
    await db.schema.createIndex("buttons_superseded").on("buttons").column("superseded_at").execute();
    await db.schema
      .createTable("messages")
      .addColumn("id", dialect === "sqlite" ? "integer" : "bigserial", (column) => column.primaryKey())
      .addColumn("surface", "text", (column) => column.notNull())
      .addColumn("channel", "text", (column) => column.notNull())
      .addColumn("thread", "text")
      .addColumn("person", "text", (column) => column.notNull())
      .addColumn("text", "text", (column) => column.notNull())
      .addColumn("intent", "text", (column) => column.notNull())
      .addColumn("card_id", "text")
      .addColumn("at", "bigint", (column) => column.notNull())
      .execute();
    await db.schema
      .createIndex("messages_place")
      .on("messages")
      .columns(["surface", "channel", "at"])
      .execute();
    await db.schema
      .createTable("charts")
      .addColumn("id", "text", (column) => column.primaryKey())
      .addColumn("created_at", "bigint", (column) => column.notNull())
      .addColumn("superseded_at", "bigint")
      .addColumn("png", "bytea", (column) => column.notNull())
      .execute();
    await db.schema.createIndex("charts_superseded").on("charts").column("superseded_at").execute();
  };
