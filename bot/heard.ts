import type { Listener, Place } from "./surface.ts";

/**
 * What a chat product delivered, free of its shapes, tokens and addresses. It is stored under `key` before the
 * vendor is told that it arrived, and acted on afterwards.
 */
export type Heard = { key: string; place: Place; user: string } & (
  { kind: "message"; text: string; sentAtMs: number } | { kind: "click"; token: string }
);

/** The structured log, as far as a surface writes to it. */
export type SurfaceLog = {
  info(fields: object, message: string): void;
  warn(fields: object, message: string): void;
  error(fields: object, message: string): void;
};

/** Stores the delivery; a click's token, which would be a working button, is not stored. False when known already. */
export function remember(listener: Listener, heard: Heard): Promise<boolean> {
  const body = heard.kind === "click" ? { ...heard, token: null } : heard;
  return listener.received(heard.key, body);
}

/** Answers within `limitMs`, or fails saying what did not happen. The work itself is not stopped. */
export async function within<T>(limitMs: number, work: Promise<T>, what: string): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Error(`${what} took longer than ${limitMs / 1_000} s`)), limitMs);
  });
  return Promise.race([work, late]).finally(() => clearTimeout(timer));
}

/** Waits for the work, but not longer than `limitMs`; the work itself is not stopped. Rejects as the work does. */
export async function atMost(limitMs: number, work: Promise<unknown>): Promise<void> {
  const over = new AbortController();
  await Promise.race([work, pause(limitMs, over.signal)]).finally(() => over.abort());
}

/** Waits; with a signal, ends early when it is aborted. */
export function pause(ms: number, signal?: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal?.aborted) return resolve();
    const timer = setTimeout(done, ms);
    function done() {
      clearTimeout(timer);
      signal?.removeEventListener("abort", done);
      resolve();
    }
    signal?.addEventListener("abort", done);
  });
}
