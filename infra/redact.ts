const redacted = "[redacted]";

/** Names under which a secret may be kept. The value of such a key never reaches a sink, whatever it looks like. */
const secretKey =
  /token|secret|passw(or)?d|authorization|cookie|api[-_]?key|access[-_]?key|private[-_]?key|credential|signature/i;

/**
 * Secrets that are recognised by their shape wherever they stand in a text, and what is left of them. Each begins at a
 * fixed text or at the start of a run, so that no text of any length makes one slow.
 */
const secretShapes: readonly (readonly [shape: RegExp, left: string])[] = [
  // Slack: bot, user, app-level, refresh and legacy tokens.
  [/\bxox[a-z](\.xox[a-z])?-[\w-]+|\bxapp-[\w-]+|\bxwfp-[\w-]+/g, redacted],
  // Discord: user id, moment and signature in base64url, joined by dots. JSON web tokens have the same outline.
  [/(?<![\w-])[\w-]{17,}\.[\w-]{6,}\.[\w-]{20,}/g, redacted],
  // AWS: key ids by their prefix; secret keys are exactly 40 of base64's characters, of all kinds.
  [/\b(AKIA|ASIA)[A-Z0-9]{16}\b/g, redacted],
  [
    /(?<![A-Za-z0-9/+=])(?=[A-Z0-9/+]{0,39}[a-z])(?=[a-z0-9/+]{0,39}[A-Z])(?=[A-Za-z/+]{0,39}\d)[A-Za-z0-9/+]{40}(?![A-Za-z0-9/+=])/g,
    redacted,
  ],
  // GitHub, GitLab, Stripe, npm, SendGrid, and Slack's webhooks.
  [/\bgh[opsur]_\w{16,}|\bgithub_pat_\w{16,}|\bglpat-[\w-]{16,}|\b[sr]k_(?:live|test)_\w{16,}/g, redacted],
  [/\bnpm_\w{20,}|\bSG\.[\w-]{16,}\.[\w-]{16,}/g, redacted],
  [/(hooks\.slack\.com\/services\/)[\w/]{8,}/g, `$1${redacted}`],
  // What is called a secret: "password=hunter2", "--token=...", "?X-Amz-Signature=...".
  [
    /((?:token|secret|passw(?:or)?d|api[-_]?key|signature|credential)[\w-]{0,10}=["']?)[^\s&"'\[]{4,200}/gi,
    `$1${redacted}`,
  ],
  // Language models: OpenAI's and Google's keys.
  [/\bsk-[\w-]{16,}|\bAIza[\w-]{30,}/g, redacted],
  // What follows an authentication scheme, and passwords in URLs.
  [/\b(bearer|basic) [\w.~+/=-]{16,}/gi, `$1 ${redacted}`],
  [/(:\/\/[^\s:/@]{0,100}:)[^\s/@]{1,200}@/g, `$1${redacted}@`],
  [/-----BEGIN [A-Z ]{0,40}PRIVATE KEY-----[\s\S]*?(-----END [A-Z ]{0,40}PRIVATE KEY-----|$)/g, redacted],
];

/** Replaces what looks like a secret, and each of the `known` ones, by "[redacted]". */
export function redactText(text: string, known: readonly string[] = []): string {
  let clean = text;
  for (const secret of known) if (secret !== "") clean = clean.replaceAll(secret, redacted);
  for (const [shape, left] of secretShapes) clean = clean.replace(shape, left);
  return clean;
}

/** The same for plain data of any depth: values by their shape, and whole values by the name of their key. */
export function redactData(data: unknown, known: readonly string[] = []): unknown {
  if (typeof data === "string") return redactText(data, known);
  if (Array.isArray(data)) return data.map((item) => redactData(item, known));
  if (typeof data !== "object" || data === null) return data;
  return Object.fromEntries(
    Object.entries(data).map(([key, value]) => [
      redactText(key, known),
      secretKey.test(key) && hidesSomething(value) ? redacted : redactData(value, known),
    ]),
  );
}

/** Numbers under such names are counts ("tokens": 12), and null says that nothing is there. */
function hidesSomething(value: unknown): boolean {
  return typeof value === "string" ? value !== "" : typeof value === "object" && value !== null;
}
