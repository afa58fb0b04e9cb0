import type { AutoScalingClient } from "@aws-sdk/client-auto-scaling";
import type { EC2Client } from "@aws-sdk/client-ec2";
import type { ElasticLoadBalancingV2Client } from "@aws-sdk/client-elastic-load-balancing-v2";
import type { SSMClient } from "@aws-sdk/client-ssm";
import type { STSClient } from "@aws-sdk/client-sts";
import { toCloudError } from "./errors.ts";

/** Keys of one session; the SDK asks for new ones shortly before `expiration`. */
export type AwsKeys = {
  accessKeyId: string;
  secretAccessKey: string;
  sessionToken?: string;
  expiration?: Date;
};

export type AwsSettings = {
  /** Null: as the AWS profile or the environment says. */
  region: string | null;
  /** Null: AWS's own. */
  endpoint: string | null;
  /** Absent: the SDK's usual chain (environment, profile, instance role). */
  credentials?: AwsKeys | (() => Promise<AwsKeys>);
  /** Of one call, retries of a read included. */
  timeoutMs?: number;
};

/** One client a service, made at its first use: the SDK costs a third of a second and 60 MB. */
type ServiceClients = {
  ec2(): Promise<EC2Client>;
  ssm(): Promise<SSMClient>;
  autoScaling(): Promise<AutoScalingClient>;
  loadBalancing(): Promise<ElasticLoadBalancingV2Client>;
  sts(): Promise<STSClient>;
};

export type AwsClients = {
  /** Reads may be repeated by the SDK. */
  read: ServiceClients;
  /** One attempt and no more: a repeated mutation could act twice. */
  mutate: ServiceClients;
  /** Runs one call with a deadline; every failure becomes a CloudError. */
  call<Answer>(
    about: { operation: string; subject: string },
    send: (options: { abortSignal: AbortSignal }) => Promise<Answer>,
  ): Promise<Answer>;
};

const defaultTimeoutMs = 10_000;
const connectionTimeoutMs = 3_000;
const readAttempts = 3;

/** The clients of one account, region and set of keys. */
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
    retryMode: "standard",
  };
  return {
    read: serviceClients({ ...shared, maxAttempts: readAttempts }),
    mutate: serviceClients({ ...shared, maxAttempts: 1 }),
    call: async ({ operation, subject }, send) => {
      try {
        return await send({ abortSignal: AbortSignal.timeout(timeoutMs) });
      } catch (error) {
        throw toCloudError(error, operation, subject);
      }
    },
  };
}

type Options = {
  region?: string;
  endpoint?: string;
  credentials?: AwsKeys | (() => Promise<AwsKeys>);
  maxAttempts: number;
};

function serviceClients(options: Options): ServiceClients {
  return {
    ec2: once(async () => {
      const { EC2Client } = await import("@aws-sdk/client-ec2");
      return new EC2Client(options);
    }),
    ssm: once(async () => {
      const { SSMClient } = await import("@aws-sdk/client-ssm");
      return new SSMClient(options);
    }),
    autoScaling: once(async () => {
      const { AutoScalingClient } = await import("@aws-sdk/client-auto-scaling");
      return new AutoScalingClient(options);
    }),
    loadBalancing: once(async () => {
      const { ElasticLoadBalancingV2Client } = await import("@aws-sdk/client-elastic-load-balancing-v2");
      return new ElasticLoadBalancingV2Client(options);
    }),
    sts: once(async () => {
      const { STSClient } = await import("@aws-sdk/client-sts");
      return new STSClient(options);
    }),
  };
}

function once<Client>(make: () => Promise<Client>): () => Promise<Client> {
  let made: Promise<Client> | null = null;
  return () => (made ??= make());
}
