/** What the cloud says about one instance. `state` is EC2's word ("running", "stopped", ...). */
export type InstanceView = {
  missing?: false;
  state: string;
  type: string;
  tags: Record<string, string>;
  autoScalingGroup: string | null;
  publicIp: string | null;
  /** The public address belongs to the account and stays when the instance is stopped. */
  elasticIp: boolean;
  /** Its root device lies on a disk that vanishes when it is stopped; the type may bring others (`instanceType`). */
  rootInstanceStore: boolean;
  /** Unix ms of the last start from stopped; a reboot does not change it. */
  launchTime: number | null;
};

/** What the cloud says about a type, such as "t3.micro". */
export type TypeView = { instanceStore: boolean; freeTier: boolean; architectures: readonly string[] };

/** An Auto Scaling group; `lifecycle` is Auto Scaling's word ("InService", "Standby", "EnteringStandby", ...). */
export type GroupView = {
  name: string;
  min: number;
  max: number;
  desired: number;
  members: readonly { instanceId: string; lifecycle: string; healthy: boolean }[];
};

/** One refresh of a group; `status` is Auto Scaling's word ("Pending", "InProgress", "Successful", ...). */
export type RefreshView = { id: string; status: string; startedAt: number | null; detail: string };

/** What Auto Scaling did with a group; `status` is its word ("Successful", "Failed", "InProgress", ...). */
export type ActivityView = { startedAt: number | null; status: string; description: string; message: string };

/** A load balancer's target group; `health` is its word ("healthy", "initial", "draining", "unused", ...). */
type TargetGroupView = {
  name: string;
  targets: readonly { instanceId: string; port: number | null; health: string }[];
};

/** The state of an SSM command on one instance; `status` is SSM's StatusDetails word. */
export type CommandView = { status: string; responseCode: number | null; output: string };

/** Calls of EC2 that can be asked for permission without acting. */
export type DryRunCall = "reboot" | "stop" | "start" | "modify-type";

/** What one plan may reach: where a role is configured, the cloud itself refuses everything else. */
export type Reach = {
  /** "plan-17" */
  plan: string;
  /** Who approved it, for the cloud's own records. */
  approver: string;
  instanceIds: readonly string[];
  groups: readonly string[];
  targetGroups: readonly string[];
};

/** What looks and changes nothing; may be repeated. Every function may throw a CloudFailure. */
export type CloudReads = {
  describe(instanceId: string): Promise<InstanceView | { missing: true }>;
  /** Null: the cloud knows no such type. */
  instanceType(type: string): Promise<TypeView | null>;
  /** Against which ends the instance is protected. */
  protection(instanceId: string): Promise<{ termination: boolean; stop: boolean }>;
  /** Asks for permission only: EC2 does not look at the instance's state. `type` for "modify-type". */
  dryRun(
    call: DryRunCall,
    instanceId: string,
    type?: string,
  ): Promise<{ ok: true } | { ok: false; reason: string }>;
  /** Null: there is no such group. */
  group(name: string): Promise<GroupView | null>;
  /** Newest first, at most 100. */
  refreshes(group: string): Promise<RefreshView[]>;
  /** Newest first, at most 100. */
  activities(group: string): Promise<ActivityView[]>;
  /** Null: there is no such target group. */
  targetGroup(name: string): Promise<TargetGroupView | null>;
  /** Whether SSM can reach the instance now. */
  managed(instanceId: string): Promise<{ online: boolean; detail: string }>;
  /** `hash` is SSM's SHA-256 of the content, `version` the one that a command would run; null where it says none. */
  document(name: string): Promise<{ active: boolean; version: string | null; hash: string | null }>;
  command(commandId: string, instanceId: string): Promise<CommandView>;
  findCommandByComment(instanceId: string, comment: string): Promise<{ commandId: string } | null>;
};

/**
 * Mutations: each reaches the cloud at most once per call (no retries inside the adapter). Success means accepted, not
 * that it happened. Every function may throw a CloudFailure.
 */
export type CloudMutations = {
  reboot(instanceId: string): Promise<void>;
  stop(instanceId: string): Promise<void>;
  start(instanceId: string): Promise<void>;
  /** Only of a stopped instance. */
  modifyType(instanceId: string, type: string): Promise<void>;
  setDesired(group: string, desired: number): Promise<void>;
  /** Takes the member out of service and lowers the desired capacity by one, so that nothing replaces it. */
  enterStandby(group: string, instanceId: string): Promise<void>;
  exitStandby(group: string, instanceId: string): Promise<void>;
  startRefresh(group: string): Promise<{ refreshId: string }>;
  register(targetGroup: string, instanceId: string, port: number | null): Promise<void>;
  deregister(targetGroup: string, instanceId: string, port: number | null): Promise<void>;
  /** `comment` (at most 100 characters) is what the command is found by after a crash. */
  sendCommand(command: {
    document: string;
    instanceId: string;
    parameters: Record<string, string[]>;
    comment: string;
    /** The version that was looked at when the step was checked; null: the default one. */
    version?: string | null;
  }): Promise<{ commandId: string }>;
};

export type Cloud = CloudReads &
  CloudMutations & {
    /** The mutations under rights that reach only what a plan names; throws, with nothing called, where they are not given. */
    limitedTo(reach: Reach): Promise<CloudMutations>;
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
