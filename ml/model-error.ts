/** What the model cannot do and why; the message says what to do next. */
export class ModelError extends Error {
  override readonly name = "ModelError";
  readonly reason:
    "not_enough_history" | "unknown_member" | "unusable_frame" | "unusable_time" | "unreadable_model";

  constructor(reason: ModelError["reason"], message: string) {
    super(message);
    this.reason = reason;
  }
}
