import type { S3Client } from "@aws-sdk/client-s3";
import type { ModelFiles } from "../model-files.ts";
import { ModelStoreError, sha256 as sha256Of } from "../model-store.ts";
import { awsCode } from "./errors.ts";

type S3Settings = {
  bucket: string;
  /** Put before every key as it stands, such as "smartcloudops/models/"; may be empty. */
  prefix: string;
  /** Null: as the AWS profile or the environment says. */
  region: string | null;
  /** Null: AWS's own; else a server that speaks S3, addressed by path. */
  endpoint: string | null;
  /** Absent: the SDK's usual chain (environment, profile, instance role). */
  credentials?: { accessKeyId: string; secretAccessKey: string };
  /** Of one call, its retries included. */
  timeoutMs?: number;
};

const defaultTimeoutMs = 30_000;
const connectionTimeoutMs = 3_000;
const attempts = 3;

/**
 * Models in an S3 bucket, with the files of this machine as a cache in front of it. A write is sent with its SHA-256,
 * which S3 checks, is read back and compared, and only then counts. A file that the cache holds unchanged is read
 * without asking S3, so that a start needs no network. Failures are ModelStoreErrors that say what to do.
 */
export function s3ModelFiles(settings: S3Settings, cache: ModelFiles): ModelFiles {
  const timeoutMs = settings.timeoutMs ?? defaultTimeoutMs;
  const keyOf = (name: string) => `${settings.prefix}${name}`;
  let made: Promise<S3Client> | null = null;

  // The SDK is loaded at its first use: it costs a third of a second that a start without S3 must not pay.
  async function connect(): Promise<S3Client> {
    process.env.AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED ??= "true";
    const { S3Client } = await import("@aws-sdk/client-s3");
    return new S3Client({
      ...(settings.region === null ? {} : { region: settings.region }),
      ...(settings.endpoint === null ? {} : { endpoint: settings.endpoint, forcePathStyle: true }),
      ...(settings.credentials === undefined ? {} : { credentials: settings.credentials }),
      maxAttempts: attempts,
      retryMode: "standard",
      requestHandler: {
        connectionTimeout: Math.min(connectionTimeoutMs, timeoutMs),
        requestTimeout: timeoutMs,
        throwOnRequestTimeout: true,
      },
    });
  }

  async function call<Answer>(
    what: string,
    name: string,
    send: (client: S3Client, options: { abortSignal: AbortSignal }) => Promise<Answer>,
  ): Promise<Answer> {
    try {
      return await send(await (made ??= connect()), { abortSignal: AbortSignal.timeout(timeoutMs) });
    } catch (error) {
      throw s3Problem(`${what} s3://${settings.bucket}/${keyOf(name)}`, error);
    }
  }

  function download(name: string): Promise<Uint8Array> {
    return call("reading", name, async (client, options) => {
      const { GetObjectCommand } = await import("@aws-sdk/client-s3");
      const input = { Bucket: settings.bucket, Key: keyOf(name), ChecksumMode: "ENABLED" as const };
      const { Body } = await client.send(new GetObjectCommand(input), options);
      if (Body === undefined) throw new Error("the answer has no body");
      return Body.transformToByteArray();
    });
  }

  async function upload(name: string, bytes: Uint8Array, sha256: string): Promise<void> {
    await call("writing", name, async (client, options) => {
      const { PutObjectCommand } = await import("@aws-sdk/client-s3");
      const input = {
        Bucket: settings.bucket,
        Key: keyOf(name),
        Body: bytes,
        ContentLength: bytes.length,
        ContentType: "application/octet-stream",
        ChecksumSHA256: Buffer.from(sha256, "hex").toString("base64"),
      };
      await client.send(new PutObjectCommand(input), options);
    });
  }

  return {
    async write(name, bytes, sha256) {
      await upload(name, bytes, sha256);
      if (sha256Of(await download(name)) !== sha256)
        throw new ModelStoreError(
          `s3://${settings.bucket}/${keyOf(name)} does not hold what was written: look at who else writes to the bucket, then train again`,
        );
      await cache.write(name, bytes, sha256);
    },
    async read(name, sha256) {
      // A file of the cache that is gone, cut or changed is simply read anew.
      const cached = await cache.read(name, sha256).catch(() => null);
      if (cached !== null && sha256Of(cached) === sha256) return cached;
      const bytes = await download(name);
      if (sha256Of(bytes) === sha256) await cache.write(name, bytes, sha256);
      return bytes;
    },
    async remove(name) {
      await cache.remove(name);
      await call("deleting", name, async (client, options) => {
        const { DeleteObjectCommand } = await import("@aws-sdk/client-s3");
        await client.send(new DeleteObjectCommand({ Bucket: settings.bucket, Key: keyOf(name) }), options);
      });
    },
  };
}

const remedies: Readonly<Record<string, string>> = {
  NoSuchBucket: "create the bucket, or correct SMARTCLOUDOPS_MODEL_BUCKET",
  NoSuchKey: 'somebody deleted it; say "train" to make a new one',
  AccessDenied:
    "the bot's role needs s3:GetObject, s3:PutObject and s3:DeleteObject on the bucket's models (infra/deploy/iam/models.json)",
  CredentialsProviderError:
    "give the bot's process AWS credentials (instance role, profile or AWS_ACCESS_KEY_ID)",
  InvalidAccessKeyId: "check the AWS credentials of the bot's process",
  SignatureDoesNotMatch: "check the AWS credentials of the bot's process and its clock",
  PermanentRedirect: "the bucket is in another region: set AWS_REGION",
  BadDigest: "the bytes were changed on the way: train again",
  ECONNREFUSED: "S3 cannot be reached: check the network, AWS_REGION and AWS_ENDPOINT_URL",
  ENOTFOUND: "S3 cannot be reached: check the network, AWS_REGION and AWS_ENDPOINT_URL",
  Timeout: "S3 did not answer in time: check the network and train again",
};

function s3Problem(what: string, error: unknown): ModelStoreError {
  const code = awsCode(error);
  const said = error instanceof Error && error.message !== code ? ` (${error.message})` : "";
  const remedy = remedies[code] ?? "look at the bucket and train again";
  return new ModelStoreError(`${what} failed: ${code}${said}: ${remedy}. The live models stay in use.`, {
    cause: error,
  });
}
