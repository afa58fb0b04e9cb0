import { type Kysely, sql } from "kysely";
import type { SchemaDialect } from "./migrations.ts";

const said = "the audit is append-only";

/**
 * The database itself refuses to change or delete what the audit holds: a fence against mistakes and hasty hands, in
 * front of the hash chain, which finds what went past it.
 */
export const auditFence = (dialect: SchemaDialect) => async (db: Kysely<unknown>) => {
  for (const statement of dialect === "sqlite" ? sqliteFence : postgresFence)
    await sql.raw(statement).execute(db);
};

const refuse = `begin select raise(abort, '${said}'); end`;
const sqliteFence = [
  `create trigger audit_no_update before update on audit ${refuse}`,
  `create trigger audit_no_delete before delete on audit ${refuse}`,
  // "insert or replace" deletes the old row without asking the trigger above.
  `create trigger audit_no_replace before insert on audit when exists (select 1 from audit where seq = new.seq) ${refuse}`,
];

const postgresFence = [
  `create function refuse_audit_change() returns trigger language plpgsql as $$ begin raise exception '${said}'; end $$`,
  "create trigger audit_no_change before update or delete on audit for each row execute function refuse_audit_change()",
  "create trigger audit_no_truncate before truncate on audit for each statement execute function refuse_audit_change()",
];
