import type { EC2Client } from "@aws-sdk/client-ec2";
import type { SSMClient } from "@aws-sdk/client-ssm";
import { toCloudError } from "./errors.ts";

export type AwsSettings = {
  /** Null: as the AWS profile or the environment says. */
  region: string | null;
  /** Null: AWS's own. */
  endpoint: string | null;
  /** Absent: the SDK's usual chain (environment, profile, instance role). */
  credentials?: { accessKeyId: string; secretAccessKey: string };
  /** Of one call, retries of a read included. */
  timeoutMs?: number;
};

export type AwsClients = {
  /** Reads may be repeated by the SDK. */
  readEc2(): Promise<EC2Client>;
  readSsm(): Promise<SSMClient>;
  /** One attempt and no more: a repeated mutation could act twice. */
  mutateEc2(): Promise<EC2Client>;
  mutateSsm(): Promise<SSMClient>;
  /** Runs one call with a deadline; every failure becomes a CloudError. */
  call<Answer>(
    about: { operation: string; subject: string },
    send: (options: { abortSignal: AbortSignal }) => Promise<Answer>,
  ): Promise<Answer>;
};

const defaultTimeoutMs = 10_000;
const connectionTimeoutMs = 3_000;
const readAttempts = 3;

/** Clients of EC2 and SSM, made at their first use: the SDK costs a third of a second and 60 MB. */
export function awsClients(settings: AwsSettings): AwsClients {
  // Node 20 is supported until January 2027; the warning would stand on stderr of every command.
  process.env.AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED ??= "true";
  const timeoutMs = settings.timeoutMs ?? defaultTimeoutMs;
  const shared = {
    ...(settings.region === null ? {} : { region: settings.region }),
    ...(settings.endpoint === null ? {} : { endpoint: settings.endpoint }),
    ...(settings.credentials === undefined ? {} : { credentials: settings.credentials }),
    requestHandler: {
      connectionTimeout: Math.min(connectionTimeoutMs, timeoutMs),
      requestTimeout: timeoutMs,
      throwOnRequestTimeout: true,
    },
  };
  const ec2 = async (maxAttempts: number) => {
    const { EC2Client } = await import("@aws-sdk/client-ec2");
    return new EC2Client({ ...shared, maxAttempts, retryMode: "standard" });
  };
  const ssm = async (maxAttempts: number) => {
    const { SSMClient } = await import("@aws-sdk/client-ssm");
    return new SSMClient({ ...shared, maxAttempts, retryMode: "standard" });
  };
  return {
    readEc2: once(() => ec2(readAttempts)),
    readSsm: once(() => ssm(readAttempts)),
    mutateEc2: once(() => ec2(1)),
    mutateSsm: once(() => ssm(1)),
    call: async ({ operation, subject }, send) => {
      try {
        return await send({ abortSignal: AbortSignal.timeout(timeoutMs) });
      } catch (error) {
        throw toCloudError(error, operation, subject);
      }
    },
  };
}

function once<Client>(make: () => Promise<Client>): () => Promise<Client> {
  let made: Promise<Client> | null = null;
  return () => (made ??= make());
}
