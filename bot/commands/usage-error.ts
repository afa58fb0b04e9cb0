/** Wrong usage or unusable input: the command line prints the message, which says what to do, and exits with 2. */
export class UsageError extends Error {
  override readonly name = "UsageError";
}
