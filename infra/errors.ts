/** The configuration cannot be used. Every problem found is in `problems`, each with what to do about it. */
export class ConfigError extends Error {
  readonly problems: readonly string[];

  constructor(problems: readonly string[]) {
    const count = problems.length === 1 ? "a problem" : `${problems.length} problems`;
    super(`the configuration has ${count}:\n${problems.map((problem) => `  - ${problem}`).join("\n")}`);
    this.name = "ConfigError";
    this.problems = problems;
  }
}

/**
 * The cloud did not do as asked. `accepted` says what is known about the call: "no" means that it was refused before
 * anything happened and may be tried again; "unknown" means that it may have happened (a timeout, a cut connection, a
 * 5xx), so a mutation must be reconciled from evidence and never simply repeated. `code` is the cloud's own word
 * ("RequestLimitExceeded") or one of ours ("Timeout", "Unreachable").
 */
export class CloudError extends Error {
  readonly code: string;
  readonly accepted: "no" | "unknown";
  /** What a person can try next, one sentence. */
  readonly remedy: string;

  constructor(
    message: string,
    details: { code: string; accepted: "no" | "unknown"; remedy: string; cause?: unknown },
  ) {
    super(`${message}. ${details.remedy}`, { cause: details.cause });
    this.name = "CloudError";
    this.code = details.code;
    this.accepted = details.accepted;
    this.remedy = details.remedy;
  }
}
