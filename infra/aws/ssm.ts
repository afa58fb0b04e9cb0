import type { CloudMutations, CloudReads } from "../../remediation/cloud.ts";
import { CloudError } from "../errors.ts";
import type { AwsClients } from "./clients.ts";

/** `output` is what the command printed, first 24,000 characters, empty while it runs; `responseCode` null until then. */
export type CommandDetails = { status: CommandStatus; responseCode: number | null; output: string };

export type SsmReads = Pick<CloudReads, "managed" | "document" | "findCommandByComment"> & {
  command(commandId: string, instanceId: string): Promise<CommandDetails>;
};

export type SsmMutations = Pick<CloudMutations, "sendCommand">;

/**
 * SSM's StatusDetails of a command on one instance, and whether it is over. Source: Systems Manager user guide
 * "Understanding command statuses". A delivery timeout is over for SSM, but does not prove that nothing ran.
 */
export const commandStatuses = {
  Pending: { over: false },
  InProgress: { over: false },
  Delayed: { over: false },
  Cancelling: { over: false },
  Success: { over: true },
  Failed: { over: true },
  Cancelled: { over: true },
  DeliveryTimedOut: { over: true },
  ExecutionTimedOut: { over: true },
  TimedOut: { over: true },
  Undeliverable: { over: true },
  Terminated: { over: true },
  InvalidPlatform: { over: true },
  AccessDenied: { over: true },
} as const;

type CommandStatus = keyof typeof commandStatuses | "UNKNOWN";

/** SSM limits a comment to 100 characters (API reference, SendCommand). */
const commentLimit = 100;
/** How long SSM tries to reach the agent: a command that starts much later would surprise everybody. */
const deliverySeconds = 60;
const pageSize = 50;

/** What Systems Manager says. */
export function ssmReads(clients: AwsClients): SsmReads {
  return {
    managed: (instanceId) => managed(clients, instanceId),
    document: (name) => documentState(clients, name),
    command: (commandId, instanceId) => commandDetails(clients, commandId, instanceId),
    findCommandByComment: (instanceId, comment) => findByComment(clients, instanceId, comment),
  };
}

/** Sends one of our documents to one instance. */
export function ssmMutations(clients: AwsClients): SsmMutations {
  return { sendCommand: (command) => sendCommand(clients, command) };
}

async function managed(
  clients: AwsClients,
  instanceId: string,
): Promise<{ online: boolean; detail: string }> {
  const { DescribeInstanceInformationCommand } = await import("@aws-sdk/client-ssm");
  const client = await clients.read.ssm();
  const answer = await clients.call(
    { operation: "DescribeInstanceInformation", subject: instanceId },
    (options) =>
      client.send(
        new DescribeInstanceInformationCommand({ Filters: [{ Key: "InstanceIds", Values: [instanceId] }] }),
        options,
      ),
  );
  const found = (answer.InstanceInformationList ?? []).find((entry) => entry.InstanceId === instanceId);
  if (found === undefined) {
    return {
      online: false,
      detail: "not known to Systems Manager: check its SSM agent and instance profile",
    };
  }
  const online = found.PingStatus === "Online";
  const version = found.AgentVersion ?? "of an unknown version";
  return { online, detail: `SSM agent ${version} is ${found.PingStatus ?? "silent"}` };
}

async function documentState(
  clients: AwsClients,
  name: string,
): Promise<{ active: boolean; version: string | null; hash: string | null }> {
  const { DescribeDocumentCommand } = await import("@aws-sdk/client-ssm");
  const client = await clients.read.ssm();
  try {
    const answer = await clients.call({ operation: "DescribeDocument", subject: name }, (options) =>
      client.send(new DescribeDocumentCommand({ Name: name }), options),
    );
    const { Status, DocumentVersion, Hash, HashType } = answer.Document ?? {};
    return {
      active: Status === "Active",
      version: DocumentVersion ?? null,
      hash: HashType === "Sha256" ? (Hash ?? null) : null,
    };
  } catch (error) {
    if (error instanceof CloudError && error.code === "InvalidDocument") {
      return { active: false, version: null, hash: null };
    }
    throw error;
  }
}

async function sendCommand(
  clients: AwsClients,
  { document, instanceId, parameters, comment, version }: Parameters<CloudMutations["sendCommand"]>[0],
): Promise<{ commandId: string }> {
  if (comment.length > commentLimit) {
    throw new CloudError(`the comment of a command has ${comment.length} characters`, {
      code: "CommentTooLong",
      accepted: "no",
      remedy: `SSM takes ${commentLimit}: shorten the name of the execution`,
    });
  }
  const { SendCommandCommand } = await import("@aws-sdk/client-ssm");
  const about = { operation: `SendCommand ${document}`, subject: instanceId };
  const request = new SendCommandCommand({
    DocumentName: document,
    ...(version === undefined || version === null ? {} : { DocumentVersion: version }),
    InstanceIds: [instanceId],
    Parameters: parameters,
    Comment: comment,
    TimeoutSeconds: deliverySeconds,
  });
  const answer = await clients.call(about, async (options) =>
    (await clients.mutate.ssm()).send(request, options),
  );
  const commandId = answer.Command?.CommandId;
  if (commandId !== undefined) return { commandId };
  throw new CloudError(`SSM took ${document} for ${instanceId} without naming a command`, {
    code: "IncompleteAnswer",
    accepted: "unknown",
    remedy: "It may run: look for it in Systems Manager > Run Command before you repeat it",
  });
}

async function commandDetails(
  clients: AwsClients,
  commandId: string,
  instanceId: string,
): Promise<CommandDetails> {
  const { GetCommandInvocationCommand } = await import("@aws-sdk/client-ssm");
  const client = await clients.read.ssm();
  const request = new GetCommandInvocationCommand({ CommandId: commandId, InstanceId: instanceId });
  const answer = await clients.call({ operation: "GetCommandInvocation", subject: instanceId }, (options) =>
    client.send(request, options),
  );
  const responseCode = answer.ResponseCode ?? -1;
  return {
    status: statusOf(answer.StatusDetails ?? answer.Status),
    // SSM says -1 while there is none.
    responseCode: responseCode === -1 ? null : responseCode,
    output: [answer.StandardOutputContent, answer.StandardErrorContent].filter(Boolean).join("\n"),
  };
}

/** "Delivery Timed Out" is how the documents write what the API calls DeliveryTimedOut. */
function statusOf(word: string | undefined): CommandStatus {
  const status = (word ?? "").replaceAll(" ", "");
  return Object.hasOwn(commandStatuses, status) ? (status as keyof typeof commandStatuses) : "UNKNOWN";
}

async function findByComment(
  clients: AwsClients,
  instanceId: string,
  comment: string,
): Promise<{ commandId: string } | null> {
  const { ListCommandsCommand } = await import("@aws-sdk/client-ssm");
  const client = await clients.read.ssm();
  let page: string | undefined;
  do {
    const request = new ListCommandsCommand({
      InstanceId: instanceId,
      MaxResults: pageSize,
      NextToken: page,
    });
    const answer = await clients.call({ operation: "ListCommands", subject: instanceId }, (options) =>
      client.send(request, options),
    );
    const found = (answer.Commands ?? []).find((command) => command.Comment === comment);
    if (found?.CommandId !== undefined) return { commandId: found.CommandId };
    page = answer.NextToken;
  } while (page !== undefined && page !== "");
  return null;
}
