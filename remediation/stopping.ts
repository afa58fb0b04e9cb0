import type { Context } from "./context.ts";

/** The program is being stopped. What was under way stands in the journal, and the next start goes on with it. */
export class Stopping extends Error {
  constructor() {
    super("the bot is being stopped");
    this.name = "Stopping";
  }
}

/** Throws where something new would begin during a stop: a plan, or the next step of one. Ends may still be written. */
export function requireRunning({ isStopping }: Pick<Context, "isStopping">): void {
  if (isStopping?.() === true) throw new Stopping();
}
