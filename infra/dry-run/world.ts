import { awsErrors } from "../aws/error-codes.ts";
import type { DryRunAction, DryRunState } from "../dry-run-state.ts";
import { CloudError } from "../errors.ts";

/** An instance of the recording. `services` null: any service can be restarted. */
export type RecordedInstance = {
  instanceId: string;
  name: string;
  region: string;
  tags: Record<string, string>;
  services: readonly string[] | null;
};

/** What the parts of the dry run share. */
export type DryRunWorld = {
  instances: ReadonlyMap<string, RecordedInstance>;
  /** Kept by `save`; a part changes its own piece. */
  state: DryRunState;
  save(): Promise<void>;
  /** Unix ms. */
  wall(): number;
  write(line: string): void;
  executed(action: DryRunAction, instanceId: string, parameters: Record<string, string[]>): void;
};

/** How long everything takes: a command, a boot, a stop, a move between groups; of wall time. */
export const takesMs = 2_000;

/** A refusal with the cloud's own code; nothing happened. */
export function refusal(code: string, subject: string): CloudError {
  const remedy = awsErrors[code]?.remedy ?? "Check the id";
  return new CloudError(`dry run: ${code} for ${subject}`, { code, accepted: "no", remedy });
}

/** The instance, or a refusal with `code`. */
export function knownInstance(world: DryRunWorld, instanceId: string, code: string): RecordedInstance {
  const instance = world.instances.get(instanceId);
  if (instance === undefined) throw refusal(code, instanceId);
  return instance;
}
