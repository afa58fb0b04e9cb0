/** What an error code says about the call, and what a person can try next. */
export type Meaning = { accepted: "no" | "unknown"; remedy: string };

const throttled = no("AWS allows this account only so many calls: wait a minute and try again");
const notAllowed = no(
  "Compare the permissions of the bot's roles with infra/deploy/iam and the instance's tag smartcloudops=managed",
);
const badCredentials = no(
  "Check the AWS credentials of the bot's process (instance role, profile or AWS_ACCESS_KEY_ID) and its clock",
);
const brokenService = perhaps("The call may have taken effect: look at the instance before you repeat it");
const unreachable = no("Nothing was sent: check the network, AWS_REGION and AWS_ENDPOINT_URL");
const noSuchInstance = no("Check the instance id, the region and the account");
const wrongState = no(
  "The instance is not in a state that allows it: look at its state and try again when it is",
);
const noCapacity = no("AWS has no room for this type here now: wait, or choose another type or zone");
const limit = no("The account's limit is reached: free something, or ask AWS for a higher quota");
const unsupported = no("The instance does not support this: choose another action or type");
const busyGroup = no(
  "The group is changing just now: wait until its activity is over, look at it and try again",
);
const publishAgain = no("Publish the documents of infra/deploy/ssm again");
const wrongRole = no("Compare SMARTCLOUDOPS_EXEC_ROLE_ARN and the role's trust with infra/deploy/terraform");

/**
 * What the error codes of EC2, Auto Scaling, the load balancer, SSM and STS, and of the network below them, say about the
 * call. Sources: EC2 API reference "Error codes", the other services' "Common errors" and the errors of each operation.
 * What is not listed may have happened.
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
  OperationNotPermitted: no(
    "The instance is protected against it, or the role may not: look at its protection first",
  ),
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
  // EC2.
  "InvalidInstanceID.NotFound": noSuchInstance,
  "InvalidInstanceID.Malformed": noSuchInstance,
  IncorrectInstanceState: wrongState,
  IncorrectState: wrongState,
  InsufficientInstanceCapacity: noCapacity,
  InsufficientHostCapacity: noCapacity,
  InsufficientReservedInstanceCapacity: noCapacity,
  InstanceLimitExceeded: limit,
  VcpuLimitExceeded: limit,
  Unsupported: unsupported,
  UnsupportedOperation: unsupported,
  InvalidInstanceType: unsupported,
  InvalidInstanceAttributeValue: no(
    "EC2 does not take this type for this instance: choose one of its architecture",
  ),
  InvalidParameterCombination: no("Check the plan's parameters: EC2 does not take them together"),
  InvalidParameterValue: no("Check the plan's parameters: EC2 did not take one of them"),
  MissingParameter: no("Check the plan's parameters: one is missing"),
  DryRunOperation: no(
    "This was only the question whether it would be allowed: nothing was done, and it would be",
  ),
  // Auto Scaling.
  ResourceContention: busyGroup,
  ScalingActivityInProgress: busyGroup,
  InstanceRefreshInProgress: no(
    "A refresh of this group runs already: wait for it, or cancel it in the AWS console",
  ),
  ResourceInUse: busyGroup,
  LimitExceeded: limit,
  ValidationError: no(
    "Compare the plan with the group's members, their states and its limits: it does not fit them",
  ),
  // The load balancer.
  TargetGroupNotFound: no("Check the target group's name, the region and the account"),
  InvalidTarget: no(
    "The instance cannot be a target: check that it runs, and in the load balancer's network",
  ),
  TooManyTargets: limit,
  TooManyRegistrationsForTargetId: limit,
  // Systems Manager.
  InvalidInstanceId: no(
    "Systems Manager cannot reach the instance: check that it runs, its SSM agent and its instance profile",
  ),
  InvalidDocument: no("Create the SSM documents of infra/deploy/ssm in this account and region"),
  InvalidDocumentVersion: no(
    "The document was changed since it was looked at: look at it and propose the plan again",
  ),
  InvalidDocumentContent: publishAgain,
  InvalidParameters: no(
    "The SSM document did not take a parameter: only what its allowedPattern names may be passed",
  ),
  UnsupportedPlatformType: no("The SSM document is for Linux: choose another runbook"),
  DuplicateInstanceId: no("Name each instance once"),
  InvocationDoesNotExist: no("Right after sending this is normal: ask again in a few seconds"),
  InvalidCommandId: no("The command is older than 30 days or of another region"),
  // STS.
  MalformedPolicyDocument: no(
    "AWS does not take the session's policy: this is a mistake of the bot, report it",
  ),
  PackedPolicyTooLarge: no("The plan names too much for one session: propose it for fewer targets"),
  RegionDisabledException: wrongRole,
  InvalidAction: no("The endpoint does not know this call: check AWS_ENDPOINT_URL"),
  // A broken service may have done it.
  InternalError: brokenService,
  InternalFailure: brokenService,
  InternalServerError: brokenService,
  ServiceUnavailable: brokenService,
  ServiceUnavailableException: brokenService,
  Unavailable: brokenService,
  UnreadableAnswer: perhaps(
    "AWS answered and the answer cannot be read: look at the instance before you repeat it",
  ),
  IncompleteAnswer: perhaps(
    "AWS answered without naming what it did: look at the instance before you repeat it",
  ),
  // Of the network: only those before a connection stood prove that nothing was sent.
  ECONNREFUSED: unreachable,
  ENOTFOUND: unreachable,
  EAI_AGAIN: unreachable,
  EHOSTUNREACH: unreachable,
  ENETUNREACH: unreachable,
  ECONNRESET: brokenService,
  EPIPE: brokenService,
  ETIMEDOUT: brokenService,
  Timeout: perhaps(
    "No answer in time: check the network; a change may have taken effect, so look before you repeat it",
  ),
};

/** What is known of a code; what is not listed may have happened. */
export function meaningOf(code: string): Meaning {
  const listed = Object.hasOwn(awsErrors, code) ? awsErrors[code] : undefined;
  return listed ?? perhaps("This answer is not known to the bot: look at the instance before you repeat it");
}

/** Nothing happened. */
function no(remedy: string): Meaning {
  return { accepted: "no", remedy };
}

/** Nobody can tell whether it happened. */
function perhaps(remedy: string): Meaning {
  return { accepted: "unknown", remedy };
}
