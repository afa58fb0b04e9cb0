import { CloudError } from "../errors.ts";
import { awsErrors, meaningOf } from "./error-codes.ts";

/** Two services say the same with and without such an ending, and the SDK adds one to some. */
const ending = /(Fault|Exception)$/;

/** The vendor's code of a thrown value; "Unknown" where it has none. */
export function awsCode(error: unknown): string {
  if (typeof error !== "object" || error === null) return "Unknown";
  const code = "code" in error && typeof error.code === "string" ? error.code : null;
  if (code !== null && Object.hasOwn(awsErrors, code)) return code;
  const name = "name" in error && typeof error.name === "string" ? error.name : null;
  // Our deadline and the SDK's own differ only in who noticed first.
  if (name === "TimeoutError" || name === "AbortError") return "Timeout";
  if (answered(error)) return "UnreadableAnswer";
  if (name === null || name === "Error") return code ?? "Unknown";
  const short = name.replace(ending, "");
  return !Object.hasOwn(awsErrors, name) && Object.hasOwn(awsErrors, short) ? short : name;
}

/** The SDK hangs the whole exchange on its errors, with the session's token in it: no log may ever see that. */
function withoutExchange(error: unknown): unknown {
  if (!(error instanceof Error) || !("$response" in error)) return error;
  const plain = new Error(error.message);
  plain.name = error.name;
  if (error.stack !== undefined) plain.stack = error.stack;
  return plain;
}

/** The service said yes, whatever the reader of XML or JSON then complained about. */
function answered(error: object): boolean {
  const metadata = "$metadata" in error ? error.$metadata : null;
  if (typeof metadata !== "object" || metadata === null || !("httpStatusCode" in metadata)) return false;
  const status = metadata.httpStatusCode;
  return typeof status === "number" && status >= 200 && status < 300;
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
  const { accepted, remedy } = meaningOf(code);
  const said =
    error instanceof Error && error.message !== "" && error.message !== code ? ` (${error.message})` : "";
  return new CloudError(`AWS ${operation} for ${subject} failed: ${code}${said}`, {
    code,
    accepted,
    remedy,
    cause: withoutExchange(error),
  });
}
