import { z } from "zod";
import { ConfigError } from "./errors.ts";

const stateSchema = z.strictObject({
  /** Oldest first; `sentAt` is unix ms. */
  sent: z.array(
    z.strictObject({
      id: z.string(),
      action: z.enum(["restart_service", "clean_disk", "diagnostics", "reboot"]),
      instanceId: z.string(),
      parameters: z.record(z.string(), z.array(z.string())),
      comment: z.string(),
      sentAt: z.number(),
      executed: z.boolean(),
    }),
  ),
  /** Unix seconds of each instance's last boot. */
  boots: z.record(z.string(), z.number()),
});

/** What of the dry run has to survive a restart: AWS would not forget a command either. */
export type DryRunState = z.output<typeof stateSchema>;

export type SentCommand = DryRunState["sent"][number];

/** In the words of `capture.json`'s cures. */
export type DryRunAction = SentCommand["action"];

/** Keeps the state as JSON. What `save` answers is awaited before a call counts as accepted. */
export type DryRunStore = { load(): unknown; save(state: DryRunState): void | Promise<void> };

/** The state as it was kept, or an empty one when there is none; throws a ConfigError when it cannot be read. */
export function loadDryRunState(store: DryRunStore): DryRunState {
  const kept = store.load();
  if (kept === null || kept === undefined) return { sent: [], boots: {} };
  const read = stateSchema.safeParse(kept);
  if (read.success) return read.data;
  throw new ConfigError([
    "the dry run's commands in the store cannot be read by this version: begin a new store with npm start -- --fresh",
  ]);
}
