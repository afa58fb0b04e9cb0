/** What the cloud says about one instance. `state` is EC2's word ("running", "stopped", ...). */
export type InstanceView = {
  missing?: false;
  state: string;
  type: string;
  tags: Record<string, string>;
  autoScalingGroup: string | null;
  publicIp: string | null;
  /** Unix ms of the last start from stopped; a reboot does not change it. */
  launchTime: number | null;
};

/** The state of an SSM command on one instance; `status` is SSM's StatusDetails word. */
export type CommandView = { status: string; responseCode: number | null; output: string };

/**
 * What the actions need of the cloud. Every function may throw a CloudFailure. Reads may be repeated; `reboot` and
 * `sendCommand` are mutations and must reach the cloud at most once per call (no retries inside the adapter).
 */
export type Cloud = {
  describe(instanceId: string): Promise<InstanceView | { missing: true }>;
  rebootDryRun(instanceId: string): Promise<{ ok: true } | { ok: false; reason: string }>;
  /** Success means accepted, not rebooted. */
  reboot(instanceId: string): Promise<void>;
  /** Whether SSM can reach the instance now. */
  managed(instanceId: string): Promise<{ online: boolean; detail: string }>;
  document(name: string): Promise<{ active: boolean }>;
  /** `comment` (at most 100 characters) is what the command is found by after a crash. */
  sendCommand(command: {
    document: string;
    instanceId: string;
    parameters: Record<string, string[]>;
    comment: string;
  }): Promise<{ commandId: string }>;
  command(commandId: string, instanceId: string): Promise<CommandView>;
  findCommandByComment(instanceId: string, comment: string): Promise<{ commandId: string } | null>;
};

/** An error of the cloud as the core sees it; `accepted` "no": nothing happened, "unknown": it may have happened. */
export type CloudFailure = { accepted: "no" | "unknown"; code: string; message: string };

/** Reads any thrown value as a CloudFailure. What does not say that nothing happened may have happened. */
export function cloudFailure(error: unknown): CloudFailure {
  const message = error instanceof Error ? error.message : String(error);
  if (typeof error !== "object" || error === null) return { accepted: "unknown", code: "Unknown", message };
  const accepted = "accepted" in error && error.accepted === "no" ? "no" : "unknown";
  const code = "code" in error && typeof error.code === "string" ? error.code : "Unknown";
  return { accepted, code, message };
}
