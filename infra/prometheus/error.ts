/**
 * `unreachable` nothing answered; `timeout` no answer in time; `overloaded` 429 or 503 after every try; `bad_query`
 * Prometheus refused the expression (400, 422); `refused` another status; `garbage` not an answer of Prometheus;
 * `too_large` more than the body cap or the point cap; `redirect`; `forbidden` an address that is never asked.
 */
type PrometheusErrorKind =
  | "unreachable"
  | "timeout"
  | "overloaded"
  | "bad_query"
  | "refused"
  | "garbage"
  | "too_large"
  | "redirect"
  | "forbidden";

/** Prometheus did not answer as asked. The message says what is wrong and what to try. */
export class PrometheusError extends Error {
  readonly kind: PrometheusErrorKind;
  /** What a person can try next, one sentence. */
  readonly remedy: string;

  constructor(kind: PrometheusErrorKind, message: string, remedy: string, cause?: unknown) {
    super(`${message}. ${remedy}`, { cause });
    this.name = "PrometheusError";
    this.kind = kind;
    this.remedy = remedy;
  }
}

const longestQuote = 300;

/** Text of another system, for a message: one line, cut. It is data, whatever it says. */
export function quote(text: string): string {
  const line = text.replaceAll(/[\p{Cc}\p{Cf}\s]+/gu, " ").trim();
  return line.length <= longestQuote ? line : `${line.slice(0, longestQuote)}...`;
}
