import { createHash, createHmac, randomBytes } from "node:crypto";
import type { ChatTransaction } from "../../infra/database/chat-tables.ts";
import type { Intent } from "../../intents/intent.ts";
import type { Card, CardDraft } from "../card.ts";

/** What a card no longer shows may still be asked for: a page loads its picture, a click is on its way. */
const graceMs = 10 * 60_000;

/**
 * A button's token is stored only as this hash: reading the database gives nobody a working button. A token says what
 * was meant, never whether it may happen: the plan's row decides, and refuses a decision that came before.
 */
export function hashToken(token: string): string {
  return createHash("sha256").update(token).digest("hex");
}

/**
 * The keyed hash over what a button means. Who may write the database, but has not the store's key, can so not make a
 * person's click on Deny an approval of that person's.
 */
export function buttonSeal(
  row: { token_hash: string; card_id: string; plan: string | null; intent: string },
  key: Buffer,
): string {
  const content = JSON.stringify(["button", row.token_hash, row.card_id, row.plan, row.intent]);
  return createHmac("sha256", key).update(content).digest("hex");
}

/** 128 random bits in 22 characters: fits Slack's value and Discord's custom_id, says nothing by itself. */
function mintToken(): string {
  return randomBytes(16).toString("base64url");
}

/**
 * Stores what the card's buttons mean. A button that `before` had keeps its token; the others of `before` are
 * superseded, except Approve and Deny: a decision that comes late is refused and written down by the core.
 */
export async function putButtons(
  trx: ChatTransaction,
  {
    id,
    meant,
    plan,
    before,
    now,
    key,
  }: {
    id: string;
    meant: CardDraft["buttons"];
    plan: string | null;
    before: Card | null;
    now: number;
    key: Buffer;
  },
): Promise<Card["buttons"]> {
  const held = before === null ? [] : await heldButtons(trx, before, key);
  const fresh: { token: string; intent: string }[] = [];
  const buttons = meant.map(({ label, style, ...button }) => {
    const intent = JSON.stringify(button.intent);
    const at = held.findIndex((row) => row.intent === intent && row.plan === plan);
    const [kept] = at === -1 ? [] : held.splice(at, 1);
    const token = kept?.token ?? mintToken();
    if (kept === undefined) fresh.push({ token, intent });
    return { token, label, style };
  });
  if (fresh.length > 0) {
    const rows = fresh.map(({ token, intent }) => {
      const row = { token_hash: hashToken(token), card_id: id, plan, intent };
      return { ...row, created_at: now, superseded_at: null, seal: buttonSeal(row, key) };
    });
    await trx.insertInto("buttons").values(rows).execute();
  }
  const gone = held.filter(({ intent }) => !isDecision(intent)).map(({ token }) => hashToken(token));
  if (gone.length > 0)
    await trx.updateTable("buttons").set({ superseded_at: now }).where("token_hash", "in", gone).execute();
  return buttons;
}

async function heldButtons(trx: ChatTransaction, before: Card, key: Buffer) {
  const rows = await trx.selectFrom("buttons").selectAll().where("card_id", "=", before.id).execute();
  const tokens = new Map(before.buttons.map(({ token }) => [hashToken(token), token]));
  return rows.flatMap((row) => {
    const token = tokens.get(row.token_hash);
    const isOurs = row.seal === buttonSeal(row, key);
    return token === undefined || !isOurs ? [] : [{ token, intent: row.intent, plan: row.plan }];
  });
}

function isDecision(intent: string): boolean {
  const { kind } = JSON.parse(intent) as Intent;
  return kind === "approve" || kind === "deny";
}

/** Stores a picture (PNG) under its content's hash, so that all copies of a card share one row; answers that id. */
export async function putChart(trx: ChatTransaction, png: Buffer, now: number): Promise<string> {
  const id = createHash("sha256").update(png).digest("hex").slice(0, 32);
  await trx
    .insertInto("charts")
    .values({ id, png, created_at: now, superseded_at: null })
    .onConflict((conflict) => conflict.column("id").doUpdateSet({ created_at: now, superseded_at: null }))
    .execute();
  return id;
}

/** Marks a picture that its last card has just stopped showing. */
export async function releaseChart(trx: ChatTransaction, id: string, now: number): Promise<void> {
  await trx
    .updateTable("charts")
    .set({ superseded_at: now })
    .where("id", "=", id)
    .where((eb) => eb.not(eb.exists(eb.selectFrom("cards").select("id").where("chart", "=", id))))
    .execute();
}

/** Deletes the buttons and pictures that no card has shown for ten minutes. */
export async function deleteSuperseded(trx: ChatTransaction, now: number): Promise<void> {
  await trx
    .deleteFrom("buttons")
    .where("superseded_at", "<", now - graceMs)
    .execute();
  await trx
    .deleteFrom("charts")
    .where("superseded_at", "<", now - graceMs)
    .where((eb) =>
      eb.not(eb.exists(eb.selectFrom("cards").select("cards.id").whereRef("cards.chart", "=", "charts.id"))),
    )
    .execute();
}
