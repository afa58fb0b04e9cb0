import { CloudError } from "../errors.ts";

type Meaning = { accepted: "no" | "unknown"; remedy: string };

const throttled: Meaning = {
  accepted: "no",
  remedy: "AWS allows this account only so many calls: wait a minute and try again",
};
const notAllowed: Meaning = {
  accepted: "no",
  remedy:
    "Compare the permissions of the bot's role with infra/deploy/iam/policy.json and the instance's tag smartcloudops=managed",
};
const badCredentials: Meaning = {
  accepted: "no",
  remedy:
    "Check the AWS credentials of the bot's process (instance role, profile or AWS_ACCESS_KEY_ID) and its clock",
};
const brokenService: Meaning = {
  accepted: "unknown",
  remedy: "The call may have taken effect: look at the instance before you repeat it",
};
const unreachable: Meaning = {
  accepted: "no",
  remedy: "Nothing was sent: check the network, AWS_REGION and AWS_ENDPOINT_URL",
};
const noSuchInstance: Meaning = {
  accepted: "no",
  remedy: "Check the instance id, the region and the account",
};

/**
 * What the error codes of EC2 and SSM, and of the network below them, say about the call. Sources: EC2 API reference
 * "Error codes", SSM API reference "Common errors" and the errors of each operation. What is not listed may have happened.
 */
export const awsErrors: Readonly<Record<string, Meaning>> = {
  RequestLimitExceeded: throttled,
  Throttling: throttled,
  ThrottlingException: throttled,
  ThrottledException: throttled,
  TooManyRequestsException: throttled,
  UnauthorizedOperation: notAllowed,
  AccessDenied: notAllowed,
  AccessDeniedException: notAllowed,
  OperationNotPermitted: notAllowed,
  OptInRequired: notAllowed,
  AuthFailure: badCredentials,
  ExpiredToken: badCredentials,
  ExpiredTokenException: badCredentials,
  RequestExpired: badCredentials,
  InvalidClientTokenId: badCredentials,
  UnrecognizedClientException: badCredentials,
  InvalidSignatureException: badCredentials,
  SignatureDoesNotMatch: badCredentials,
  CredentialsProviderError: badCredentials,
  TokenProviderError: badCredentials,
  "InvalidInstanceID.NotFound": noSuchInstance,
  "InvalidInstanceID.Malformed": noSuchInstance,
  IncorrectInstanceState: {
    accepted: "no",
    remedy: "The instance is not in a state that allows it: look at its state and try again when it runs",
  },
  IncorrectState: {
    accepted: "no",
    remedy: "The instance is not in a state that allows it: look at its state and try again when it runs",
  },
  UnsupportedOperation: {
    accepted: "no",
    remedy: "The instance does not support this: choose another action",
  },
  InvalidParameterValue: {
    accepted: "no",
    remedy: "Check the plan's parameters: EC2 did not take one of them",
  },
  MissingParameter: { accepted: "no", remedy: "Check the plan's parameters: one is missing" },
  InvalidInstanceId: {
    accepted: "no",
    remedy:
      "Systems Manager cannot reach the instance: check that it runs, its SSM agent and its instance profile",
  },
  InvalidDocument: {
    accepted: "no",
    remedy: "Create the SSM documents of infra/deploy/ssm in this account and region",
  },
  InvalidDocumentVersion: { accepted: "no", remedy: "Publish the documents of infra/deploy/ssm again" },
  InvalidDocumentContent: { accepted: "no", remedy: "Publish the documents of infra/deploy/ssm again" },
  InvalidParameters: {
    accepted: "no",
    remedy: "The SSM document did not take a parameter: only what its allowedPattern names may be passed",
  },
  UnsupportedPlatformType: {
    accepted: "no",
    remedy: "The SSM document is for Linux: choose another runbook",
  },
  DuplicateInstanceId: { accepted: "no", remedy: "Name each instance once" },
  InvocationDoesNotExist: {
    accepted: "no",
    remedy: "Right after sending this is normal: ask again in a few seconds",
  },
  InvalidCommandId: { accepted: "no", remedy: "The command is older than 30 days or of another region" },
  InternalError: brokenService,
  InternalFailure: brokenService,
  InternalServerError: brokenService,
  ServiceUnavailable: brokenService,
  ServiceUnavailableException: brokenService,
  Unavailable: brokenService,
  // Of the network: only those before a connection stood prove that nothing was sent.
  ECONNREFUSED: unreachable,
  ENOTFOUND: unreachable,
  EAI_AGAIN: unreachable,
  EHOSTUNREACH: unreachable,
  ENETUNREACH: unreachable,
  ECONNRESET: brokenService,
  EPIPE: brokenService,
  ETIMEDOUT: brokenService,
  Timeout: {
    accepted: "unknown",
    remedy:
      "No answer in time: check the network; a change may have taken effect, so look before you repeat it",
  },
};

/** The vendor's code of a thrown value; "Unknown" where it has none. */
export function awsCode(error: unknown): string {
  if (typeof error !== "object" || error === null) return "Unknown";
  const code = "code" in error && typeof error.code === "string" ? error.code : null;
  if (code !== null && code in awsErrors) return code;
  const name = "name" in error && typeof error.name === "string" ? error.name : null;
  // Our deadline and the SDK's own differ only in who noticed first.
  if (name === "TimeoutError" || name === "AbortError") return "Timeout";
  if (name !== null && name !== "Error") return name;
  return code ?? "Unknown";
}

/** A failure on the way to a call that then never left; `about` says what was not done. */
export function neverSent(error: unknown, about: string): unknown {
  if (!(error instanceof CloudError)) return error;
  const { code, remedy } = error;
  return new CloudError(`${about} (${code})`, { code, accepted: "no", remedy, cause: error });
}

/** Any failure of a call as a CloudError. `operation` and `subject` are for people: "RebootInstances", "i-0abc". */
export function toCloudError(error: unknown, operation: string, subject: string): CloudError {
  if (error instanceof CloudError) return error;
  const code = awsCode(error);
  const meaning = Object.hasOwn(awsErrors, code) ? awsErrors[code] : undefined;
  const { accepted, remedy } = meaning ?? {
    accepted: "unknown",
    remedy: "This answer is not known to the bot: look at the instance before you repeat it",
  };
  const said =
    error instanceof Error && error.message !== "" && error.message !== code ? ` (${error.message})` : "";
  return new CloudError(`AWS ${operation} for ${subject} failed: ${code}${said}`, {
    code,
    accepted,
    remedy,
    cause: error,
  });
}
