import { type Kysely, sql } from "kysely";
import type { RemediationTables } from "../../remediation/tables.ts";

/** A change that many targets share; `fleet_members` holds the incidents it became. */
export type FleetTables = {
  fleet_changes: { number: number; began_metric_at: number; opened_metric_at: number; opened_at: number };
  fleet_members: { incident: number; fleet: number };
};

/** Times are unix seconds of metric time: when the first target changed, and when the change was noticed. */
export type FleetChange = { id: string; beganAt: number; openedAt: number };

/** One of its incidents, as far as a line about it needs. */
export type FleetMember = {
  id: string;
  target: string;
  title: string;
  status: string;
  resolution: string | null;
};

/** What became of a fleet-wide change so far, in numbers: there may be thousands of targets. */
export type FleetSummary = FleetChange & {
  targets: number;
  open: number;
  /** Whether an unresolved one is critical. */
  critical: boolean;
  /** On how many targets each metric leads, most first; null where the alert names none. */
  metrics: { metric: string | null; targets: number }[];
  /** Unresolved ones first, oldest first; at most as many as were asked for. */
  first: FleetMember[];
};

export type FleetChanges = ReturnType<typeof createFleetChanges>;

type Tables = FleetTables & Pick<RemediationTables, "incidents">;

/** Which incidents began at one moment. Its id is "fleet-3". */
export function createFleetChanges({ db, wall }: { db: Kysely<Tables>; wall: () => number }) {
  async function open(
    began: { beganAt: number; openedAt: number },
    incidents: readonly string[],
  ): Promise<string> {
    return db.transaction().execute(async (trx) => {
      const last = await trx
        .selectFrom("fleet_changes")
        .select((eb) => eb.fn.max("number").as("number"))
        .executeTakeFirst();
      const number = Number(last?.number ?? 0) + 1;
      const times = { began_metric_at: began.beganAt, opened_metric_at: began.openedAt, opened_at: wall() };
      await trx
        .insertInto("fleet_changes")
        .values({ number, ...times })
        .execute();
      await insert(trx, number, incidents);
      return `fleet-${number}`;
    });
  }

  async function join(fleet: string, incidents: readonly string[]): Promise<void> {
    await db.transaction().execute((trx) => insert(trx, numberOf(fleet, "fleet"), incidents));
  }

  /** Null when nothing has that id. */
  async function summary(id: string, most: number): Promise<FleetSummary | null> {
    const number = numberOf(id, "fleet");
    const change = await db
      .selectFrom("fleet_changes")
      .selectAll()
      .where("number", "=", number)
      .executeTakeFirst();
    if (change === undefined) return null;
    const members = db
      .selectFrom("fleet_members")
      .innerJoin("incidents", "incidents.number", "fleet_members.incident")
      .where("fleet_members.fleet", "=", number);
    const groups = await members
      .select([
        "incidents.metric",
        sql<number>`count(*)`.as("targets"),
        sql<number>`sum(case when incidents.active_target is null then 0 else 1 end)`.as("open"),
        sql<number>`sum(case when incidents.active_target is not null and incidents.severity = 'critical' then 1 else 0 end)`.as(
          "critical",
        ),
      ])
      .groupBy("incidents.metric")
      .execute();
    const first = await members
      .select([
        "incidents.number",
        "incidents.target",
        "incidents.title",
        "incidents.status",
        "incidents.resolution",
      ])
      .orderBy(sql`case when incidents.active_target is null then 1 else 0 end`)
      .orderBy("incidents.number")
      .limit(most)
      .execute();
    const sum = (of: "targets" | "open" | "critical") =>
      groups.reduce((all, each) => all + Number(each[of]), 0);
    return {
      id,
      beganAt: change.began_metric_at,
      openedAt: change.opened_metric_at,
      targets: sum("targets"),
      open: sum("open"),
      critical: sum("critical") > 0,
      metrics: groups
        .map(({ metric, targets }) => ({ metric, targets: Number(targets) }))
        .sort((a, b) => b.targets - a.targets),
      first: first.map(({ number: n, ...member }) => ({ id: `inc-${n}`, ...member })),
    };
  }

  /** The fleet-wide change an incident belongs to, or null. */
  async function of(incident: string): Promise<string | null> {
    const row = await db
      .selectFrom("fleet_members")
      .select("fleet")
      .where("incident", "=", numberOf(incident, "inc"))
      .executeTakeFirst();
    return row === undefined ? null : `fleet-${row.fleet}`;
  }

  /** Changes that were noticed since a moment of metric time, oldest first. */
  async function since(metricAt: number): Promise<FleetChange[]> {
    const rows = await db
      .selectFrom("fleet_changes")
      .selectAll()
      .where("opened_metric_at", ">=", metricAt)
      .orderBy("number")
      .execute();
    return rows.map((row) => ({
      id: `fleet-${row.number}`,
      beganAt: row.began_metric_at,
      openedAt: row.opened_metric_at,
    }));
  }

  return { open, join, summary, of, since };
}

/** SQLite takes about 32,000 parameters a statement. */
const rowsAtOnce = 1_000;

async function insert(trx: Kysely<Tables>, fleet: number, incidents: readonly string[]): Promise<void> {
  const rows = incidents.map((incident) => ({ incident: numberOf(incident, "inc"), fleet }));
  for (let from = 0; from < rows.length; from += rowsAtOnce)
    await trx
      .insertInto("fleet_members")
      .values(rows.slice(from, from + rowsAtOnce))
      .onConflict((conflict) => conflict.column("incident").doNothing())
      .execute();
}

function numberOf(id: string, prefix: "inc" | "fleet"): number {
  // An id that is none finds nothing: numbers begin at 1.
  return Number(new RegExp(`^${prefix}-(\\d{1,9})$`).exec(id)?.[1] ?? 0);
}
