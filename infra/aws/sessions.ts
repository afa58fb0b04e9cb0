import type { Reach } from "../../remediation/cloud.ts";
import { CloudError } from "../errors.ts";
import { type AwsClients, type AwsKeys, type AwsSettings, awsClients } from "./clients.ts";
import { neverSent } from "./errors.ts";
import { sessionPolicy } from "./session-policy.ts";

/** The rights of one session, and what AWS writes about it in its own trail. */
export type SessionRequest = Pick<Reach, "instanceIds" | "groups" | "targetGroups"> & {
  /** "exec-plan-17" */
  name: string;
  /** Who approved. */
  source: string;
};

/** Finds the full names that IAM needs; null: there is no such thing. */
type FindArns = {
  groupArn(name: string): Promise<string | null>;
  targetGroupArn(name: string): Promise<string | null>;
};

/** Long enough for a step; new keys are fetched five minutes before the end. STS gives no shorter one. */
const sessionSeconds = 900;
const renewBeforeMs = 5 * 60_000;
/** STS takes 2 to 64 of these characters as session name and source identity (STS API reference, AssumeRole). */
const identity = { strange: /[^\w+=,.@-]/g, least: 2, most: 64 };

/**
 * Clients that act under `role`, but only on what the request names. The first keys are fetched before it answers;
 * whatever goes wrong, also when they are renewed later, says that nothing was called.
 */
export async function limitedClients(
  {
    settings,
    clients,
    role,
    arns,
  }: { settings: AwsSettings; clients: AwsClients; role: string; arns: FindArns },
  request: SessionRequest,
): Promise<AwsClients> {
  const about = `the session ${request.name} under ${role} cannot begin, so nothing was changed`;
  const assume = async (): Promise<AwsKeys> => {
    try {
      return await assumeRole(clients, role, request, policy);
    } catch (error) {
      throw neverSent(error, about);
    }
  };
  const policy = await policyOf(clients, role, arns, request).catch((error: unknown) => {
    throw neverSent(error, about);
  });
  return awsClients({ ...settings, credentials: sharedKeys(await assume(), assume) });
}

/** One set of keys for all services of a session; each asks here again before they end. */
function sharedKeys(first: AwsKeys, assume: () => Promise<AwsKeys>): () => Promise<AwsKeys> {
  let keys = first;
  let renewing: Promise<AwsKeys> | null = null;
  const renew = async () => {
    try {
      keys = await assume();
      return keys;
    } finally {
      renewing = null;
    }
  };
  return () => {
    // The SDK looks at the same clock when it decides to ask.
    const lasts = keys.expiration === undefined || keys.expiration.getTime() - Date.now() > renewBeforeMs;
    return lasts ? Promise.resolve(keys) : (renewing ??= renew());
  };
}

/** As AWS takes it: characters that it does not know become dashes, and what is too short or long is fitted. */
export function identityText(text: string): string {
  return text.replace(identity.strange, "-").slice(0, identity.most).padEnd(identity.least, "-");
}

async function policyOf(
  clients: AwsClients,
  role: string,
  arns: FindArns,
  { instanceIds, groups, targetGroups }: SessionRequest,
): Promise<string> {
  const [, partition = "", , , account = ""] = role.split(":");
  const region = await clients.call({ operation: "AssumeRole", subject: role }, async () =>
    (await clients.read.sts()).config.region(),
  );
  const built = sessionPolicy({
    partition,
    region,
    account,
    instanceIds,
    groupArns: await found(groups, arns.groupArn, "Auto Scaling group"),
    targetGroupArns: await found(targetGroups, arns.targetGroupArn, "target group"),
  });
  if (built.ok) return built.policy;
  throw new CloudError(built.message, {
    code: "SessionPolicy",
    accepted: "no",
    remedy: "Propose a plan for fewer targets, by their own ids",
  });
}

async function found(
  names: readonly string[],
  find: (name: string) => Promise<string | null>,
  kind: string,
): Promise<string[]> {
  const arns: string[] = [];
  for (const name of names) {
    const arn = await find(name);
    if (arn === null) {
      throw new CloudError(`there is no ${kind} ${name}`, {
        code: "NotFound",
        accepted: "no",
        remedy: "Check its name, the region and the account",
      });
    }
    arns.push(arn);
  }
  return arns;
}

async function assumeRole(
  clients: AwsClients,
  role: string,
  { name, source }: SessionRequest,
  policy: string,
): Promise<AwsKeys> {
  const { AssumeRoleCommand } = await import("@aws-sdk/client-sts");
  const request = new AssumeRoleCommand({
    RoleArn: role,
    RoleSessionName: identityText(name),
    SourceIdentity: identityText(source),
    DurationSeconds: sessionSeconds,
    Policy: policy,
  });
  const answer = await clients.call({ operation: "AssumeRole", subject: role }, async (options) =>
    (await clients.read.sts()).send(request, options),
  );
  const { AccessKeyId, SecretAccessKey, SessionToken, Expiration } = answer.Credentials ?? {};
  if (AccessKeyId === undefined || SecretAccessKey === undefined || SessionToken === undefined) {
    throw new CloudError(`STS answers without keys for ${role}`, {
      code: "NoKeys",
      accepted: "no",
      remedy: "Check AWS_ENDPOINT_URL and the role's trust policy, then try again",
    });
  }
  return {
    accessKeyId: AccessKeyId,
    secretAccessKey: SecretAccessKey,
    sessionToken: SessionToken,
    ...(Expiration === undefined ? {} : { expiration: Expiration }),
  };
}
