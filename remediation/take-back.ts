import type { Refusal } from "./context.ts";
import type { Store, Trx } from "./store.ts";

/** Thrown inside a transaction that has written already and must say no after all. */
class TakenBack extends Error {
  readonly refusal: Refusal;

  constructor(refusal: Refusal) {
    super(refusal.message);
    this.name = "TakenBack";
    this.refusal = refusal;
  }
}

/** Ends the transaction: nothing that it wrote stays, and `orTakeBack` answers the refusal. */
export function takeBack(refusal: Refusal): never {
  throw new TakenBack(refusal);
}

/**
 * A transaction that leaves nothing behind when it is taken back; `refused` says then, in a transaction of its own, what
 * the audit should know and what the caller gets.
 */
export async function orTakeBack<Result>(
  store: Store,
  work: (trx: Trx) => Promise<Result>,
  refused: (trx: Trx, refusal: Refusal) => Promise<Result>,
): Promise<Result> {
  try {
    return await store.transaction(work);
  } catch (error) {
    if (!(error instanceof TakenBack)) throw error;
    return store.transaction((trx) => refused(trx, error.refusal));
  }
}
