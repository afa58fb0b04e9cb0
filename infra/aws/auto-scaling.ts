import type { Activity, AutoScalingGroup, InstanceRefresh } from "@aws-sdk/client-auto-scaling";
import type {
  ActivityView,
  CloudMutations,
  CloudReads,
  GroupView,
  RefreshView,
} from "../../remediation/cloud.ts";
import { CloudError } from "../errors.ts";
import type { AwsClients } from "./clients.ts";

type AutoScalingReads = Pick<CloudReads, "group" | "refreshes" | "activities"> & {
  /** The group's full name for IAM, null: there is no such group. */
  groupArn(name: string): Promise<string | null>;
};

export type AutoScalingMutations = Pick<
  CloudMutations,
  "setDesired" | "enterStandby" | "exitStandby" | "startRefresh"
>;

const refreshesShown = 100;
const activitiesShown = 100;

/** What Auto Scaling says about groups. */
export function autoScalingReads(clients: AwsClients): AutoScalingReads {
  return {
    group: async (name) => {
      const found = await describeGroup(clients, name);
      return found === null ? null : viewOf(name, found);
    },
    groupArn: async (name) => (await describeGroup(clients, name))?.AutoScalingGroupARN ?? null,
    refreshes: (group) => refreshes(clients, group),
    activities: (group) => activities(clients, group),
  };
}

/** What changes a group; success means that Auto Scaling took it. */
export function autoScalingMutations(clients: AwsClients): AutoScalingMutations {
  return {
    setDesired: (group, desired) => setDesired(clients, group, desired),
    enterStandby: async (group, instanceId) => {
      const { EnterStandbyCommand } = await import("@aws-sdk/client-auto-scaling");
      const request = new EnterStandbyCommand({
        AutoScalingGroupName: group,
        InstanceIds: [instanceId],
        // Else Auto Scaling would launch another one in its place, and end one when it comes back.
        ShouldDecrementDesiredCapacity: true,
      });
      const about = { operation: `EnterStandby of ${group}`, subject: instanceId };
      await clients.call(about, async (options) =>
        (await clients.mutate.autoScaling()).send(request, options),
      );
    },
    exitStandby: async (group, instanceId) => {
      const { ExitStandbyCommand } = await import("@aws-sdk/client-auto-scaling");
      const request = new ExitStandbyCommand({ AutoScalingGroupName: group, InstanceIds: [instanceId] });
      const about = { operation: `ExitStandby of ${group}`, subject: instanceId };
      await clients.call(about, async (options) =>
        (await clients.mutate.autoScaling()).send(request, options),
      );
    },
    startRefresh: (group) => startRefresh(clients, group),
  };
}

async function describeGroup(clients: AwsClients, name: string): Promise<AutoScalingGroup | null> {
  const { DescribeAutoScalingGroupsCommand } = await import("@aws-sdk/client-auto-scaling");
  const request = new DescribeAutoScalingGroupsCommand({ AutoScalingGroupNames: [name] });
  const answer = await clients.call(
    { operation: "DescribeAutoScalingGroups", subject: name },
    async (options) => (await clients.read.autoScaling()).send(request, options),
  );
  return (
    (answer.AutoScalingGroups ?? []).find(({ AutoScalingGroupName }) => AutoScalingGroupName === name) ?? null
  );
}

function viewOf(name: string, group: AutoScalingGroup): GroupView {
  const { MinSize: min, MaxSize: max, DesiredCapacity: desired } = group;
  if (min === undefined || max === undefined || desired === undefined) {
    // A made-up capacity could let a plan through that the real one forbids.
    throw new CloudError(`Auto Scaling names no capacity of ${name}`, {
      code: "IncompleteAnswer",
      accepted: "no",
      remedy: "Look at the group in the AWS console and ask again in a minute",
    });
  }
  const members = (group.Instances ?? []).map((member) => ({
    instanceId: member.InstanceId ?? "",
    lifecycle: member.LifecycleState ?? "unknown",
    healthy: member.HealthStatus === "Healthy",
  }));
  return { name, min, max, desired, members };
}

async function refreshes(clients: AwsClients, group: string): Promise<RefreshView[]> {
  const { DescribeInstanceRefreshesCommand } = await import("@aws-sdk/client-auto-scaling");
  const request = new DescribeInstanceRefreshesCommand({
    AutoScalingGroupName: group,
    MaxRecords: refreshesShown,
  });
  const answer = await clients.call(
    { operation: "DescribeInstanceRefreshes", subject: group },
    async (options) => (await clients.read.autoScaling()).send(request, options),
  );
  return (answer.InstanceRefreshes ?? []).map(refreshOf).sort((a, b) => startOf(b) - startOf(a));
}

function refreshOf(refresh: InstanceRefresh): RefreshView {
  const progress = refresh.PercentageComplete;
  return {
    id: refresh.InstanceRefreshId ?? "",
    status: refresh.Status ?? "unknown",
    startedAt: refresh.StartTime?.getTime() ?? null,
    detail: [progress === undefined ? "" : `${progress} %`, refresh.StatusReason ?? ""]
      .filter(Boolean)
      .join(", "),
  };
}

/** Auto Scaling answers the newest first. */
async function activities(clients: AwsClients, group: string): Promise<ActivityView[]> {
  const { DescribeScalingActivitiesCommand } = await import("@aws-sdk/client-auto-scaling");
  const request = new DescribeScalingActivitiesCommand({
    AutoScalingGroupName: group,
    MaxRecords: activitiesShown,
  });
  const answer = await clients.call(
    { operation: "DescribeScalingActivities", subject: group },
    async (options) => (await clients.read.autoScaling()).send(request, options),
  );
  return (answer.Activities ?? []).map(activityOf);
}

function activityOf(activity: Activity): ActivityView {
  return {
    startedAt: activity.StartTime?.getTime() ?? null,
    status: activity.StatusCode ?? "unknown",
    description: activity.Description ?? "",
    message: activity.StatusMessage ?? "",
  };
}

/** One that has not begun yet is the newest. */
function startOf({ startedAt }: RefreshView): number {
  return startedAt ?? Number.MAX_SAFE_INTEGER;
}

async function setDesired(clients: AwsClients, group: string, desired: number): Promise<void> {
  const { SetDesiredCapacityCommand } = await import("@aws-sdk/client-auto-scaling");
  const request = new SetDesiredCapacityCommand({
    AutoScalingGroupName: group,
    DesiredCapacity: desired,
    // The group's own cooldown stands: what it is doing just now is not interrupted.
    HonorCooldown: true,
  });
  await clients.call({ operation: `SetDesiredCapacity ${desired}`, subject: group }, async (options) =>
    (await clients.mutate.autoScaling()).send(request, options),
  );
}

async function startRefresh(clients: AwsClients, group: string): Promise<{ refreshId: string }> {
  const { StartInstanceRefreshCommand } = await import("@aws-sdk/client-auto-scaling");
  const request = new StartInstanceRefreshCommand({ AutoScalingGroupName: group });
  const answer = await clients.call({ operation: "StartInstanceRefresh", subject: group }, async (options) =>
    (await clients.mutate.autoScaling()).send(request, options),
  );
  if (answer.InstanceRefreshId !== undefined) return { refreshId: answer.InstanceRefreshId };
  throw new CloudError(`Auto Scaling took the refresh of ${group} without naming it`, {
    code: "IncompleteAnswer",
    accepted: "unknown",
    remedy: "It may run: look at the group's instance refreshes before you repeat it",
  });
}
