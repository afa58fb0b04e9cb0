import type { Place, SurfaceName } from "../surface.ts";
import { type ChatStore, type StoredCard, storedCard, type View } from "./chat-store.ts";

/** Looks cards up: by what they are about, what they show, where they stand. */
export function createStoredCards({ db }: ChatStore) {
  async function copiesOf(subject: { incident?: string; plan?: string }): Promise<StoredCard[]> {
    const rows = await db
      .selectFrom("cards")
      .selectAll()
      .where((eb) =>
        eb.or([
          ...(subject.incident ? [eb("incident", "=", subject.incident)] : []),
          ...(subject.plan ? [eb("plan", "=", subject.plan)] : []),
        ]),
      )
      .orderBy("created_at")
      .execute();
    return rows.map(storedCard);
  }

  /** Every card that shows this, oldest first. */
  async function showing(view: View): Promise<StoredCard[]> {
    const rows = await db
      .selectFrom("cards")
      .selectAll()
      .where("view", "=", JSON.stringify(view))
      .orderBy("created_at")
      .execute();
    return rows.map(storedCard);
  }

  async function find(id: string): Promise<StoredCard | null> {
    const row = await db.selectFrom("cards").selectAll().where("id", "=", id).executeTakeFirst();
    return row ? storedCard(row) : null;
  }

  async function recent(surface: SurfaceName, limit: number): Promise<StoredCard[]> {
    const rows = await db
      .selectFrom("cards")
      .selectAll()
      .where("surface", "=", surface)
      .orderBy("created_at", "desc")
      .limit(limit)
      .execute();
    return rows.map(storedCard).reverse();
  }

  /** What the thread is about, by its newest card: lets "approve" inside a plan's thread mean that plan. */
  async function threadSubject(place: Place): Promise<{ incident?: string; plan?: string }> {
    if (place.thread === null) return {};
    const row = await db
      .selectFrom("cards")
      .select(["incident", "plan"])
      .where("surface", "=", place.surface)
      .where("channel", "=", place.channel)
      .where((eb) => eb.or([eb("thread", "=", place.thread), eb("message", "=", place.thread)]))
      .where((eb) => eb.or([eb("incident", "is not", null), eb("plan", "is not", null)]))
      .orderBy("created_at", "desc")
      .executeTakeFirst();
    return {
      ...(row?.incident ? { incident: row.incident } : {}),
      ...(row?.plan ? { plan: row.plan } : {}),
    };
  }

  return { copiesOf, showing, find, recent, threadSubject };
}
