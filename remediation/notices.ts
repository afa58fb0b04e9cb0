import type { Context } from "./context.ts";
import { markTold, untoldNotices, type Notice } from "./store/notices.ts";

export type { Notice } from "./store/notices.ts";

/** What the home channels were not told yet, oldest first: reminders, escalations, emergencies. */
export function untold({ store }: Pick<Context, "store">): Promise<Notice[]> {
  return untoldNotices(store.db);
}

/** Notes that a notice was told. */
export async function told(
  { id }: Notice,
  { store, clock }: Pick<Context, "store" | "clock">,
): Promise<void> {
  await markTold(store.db, id, clock.wall());
}
