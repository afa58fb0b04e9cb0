import { Worker } from "node:worker_threads";

/** What a worker posts back for each request. */
export type Done = { number: number } & ({ ok: true; output: unknown } | { ok: false; message: string });
/** What it may post before that, as often as it likes. */
export type Progress = { number: number; progress: unknown };

/** `progress` hears what the thread posts before it is done; the buffers in `moved` are given away, not copied. */
export type Giving = { progress?: (progress: unknown) => void; moved?: readonly ArrayBuffer[] };

type Waiting = { settle: (done: Done) => void; progress: (progress: unknown) => void; timer: NodeJS.Timeout };
type Started = { worker: Worker; waiting: Map<number, Waiting> };

export type Thread<Job> = {
  /** Posts a job and waits for its output; throws when the job fails, takes longer than `limitMs`, or its thread dies. */
  run(job: Job, limitMs: number, how?: Giving): Promise<unknown>;
  close(): Promise<void>;
};

/**
 * One worker thread, started at its first job and again after it died or had to be stopped. A thread that is stuck
 * cannot be interrupted, so a job over its time limit ends the thread, and what waits behind it fails with it.
 */
export function createThread<Job extends object>(url: URL, what: (job: Job) => string): Thread<Job> {
  let started: Started | null = null;
  let closed = false;
  let number = 0;

  function begin(): Started {
    const thread: Started = { worker: new Worker(url), waiting: new Map() };
    const gone = (message: string) => {
      if (started === thread) started = null;
      for (const each of [...thread.waiting.keys()]) settle(thread, { number: each, ok: false, message });
    };
    thread.worker.on("message", (message: Done | Progress) => {
      if ("progress" in message) thread.waiting.get(message.number)?.progress(message.progress);
      else settle(thread, message);
    });
    thread.worker.on("error", (error) => gone(`the worker thread failed: ${error.message}`));
    thread.worker.on("exit", (code) => gone(`the worker thread ended with code ${code}`));
    return thread;
  }

  async function run(job: Job, limitMs: number, how: Giving = {}): Promise<unknown> {
    const { progress = () => undefined, moved = [] } = how;
    if (closed) throw new Error("the worker threads are closed");
    const thread = (started ??= begin());
    const asked = (number += 1);
    const done = await new Promise<Done>((resolve, reject) => {
      const late = () => {
        if (started === thread) started = null;
        settle(thread, {
          number: asked,
          ok: false,
          message: `${what(job)} took longer than ${limitMs / 1_000} s`,
        });
        thread.worker.terminate().catch(reject);
      };
      thread.waiting.set(asked, { settle: resolve, progress, timer: setTimeout(late, limitMs) });
      thread.worker.ref();
      try {
        thread.worker.postMessage({ ...job, number: asked }, moved);
      } catch (error) {
        const reason = error instanceof Error ? error.message : String(error);
        settle(thread, {
          number: asked,
          ok: false,
          message: `${what(job)} cannot be given to a thread: ${reason}`,
        });
      }
    });
    if (!done.ok) throw new Error(done.message);
    return done.output;
  }

  return {
    run,
    async close() {
      closed = true;
      await started?.worker.terminate();
    },
  };
}

function settle({ worker, waiting }: Started, done: Done): void {
  const known = waiting.get(done.number);
  if (known === undefined) return;
  waiting.delete(done.number);
  clearTimeout(known.timer);
  // An idle thread keeps no process alive; one that is asked something does.
  if (waiting.size === 0) worker.unref();
  known.settle(done);
}
