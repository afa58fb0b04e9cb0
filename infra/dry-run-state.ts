import { z } from "zod";
import { ConfigError } from "./errors.ts";

/** A change that takes its time: `to` holds from `at` (unix ms) on, and is in progress shortly before. */
const changeSchema = z.strictObject({ to: z.string(), at: z.number() });

const stateSchema = z.strictObject({
  /** Oldest first; `sentAt` is unix ms. */
  sent: z.array(
    z.strictObject({
      id: z.string(),
      action: z.enum(["restart_service", "clean_disk", "diagnostics", "tail_logs", "reboot"]),
      instanceId: z.string(),
      parameters: z.record(z.string(), z.array(z.string())),
      comment: z.string(),
      sentAt: z.number(),
      executed: z.boolean(),
    }),
  ),
  /** Unix seconds of each instance's last boot. */
  boots: z.record(z.string(), z.number()),
  /** Instances that were stopped, started or given another type; the others are as recorded. */
  instances: z
    .record(z.string(), z.strictObject({ type: z.string().optional(), change: changeSchema.optional() }))
    .optional(),
  /** Auto Scaling groups that were changed; `standby` by instance id. */
  groups: z
    .record(
      z.string(),
      z.strictObject({
        desired: z.number(),
        desiredAt: z.number(),
        standby: z.record(z.string(), changeSchema),
        refreshes: z.array(z.strictObject({ id: z.string(), startedAt: z.number() })),
      }),
    )
    .optional(),
  /** Targets that were taken out or put back, by target group and instance id. */
  targetGroups: z
    .record(z.string(), z.record(z.string(), changeSchema.extend({ port: z.number().nullable() })))
    .optional(),
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
