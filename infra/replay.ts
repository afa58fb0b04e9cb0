import type { AddressInfo } from "node:net";
import type { Capture, CaptureFault } from "./capture.ts";
import type { Clock } from "./clock.ts";
import { ConfigError } from "./errors.ts";
import { createAnswers } from "./replay/answers.ts";
import { createReplayClock } from "./replay/clock.ts";
import { createReplayServer } from "./replay/http.ts";
import { readRecording } from "./replay/recording.ts";
import { createTimeline } from "./replay/timeline.ts";

/** What has to survive a restart. Times are metric time, unix seconds. */
export type ReplayState = {
  capture: string;
  /** Name of the fault, or "none". */
  fault: string;
  /** Metric time at the first start. */
  start: number;
  /** Metric time was never told beyond this. */
  position: number;
  /** From this time on the cure holds; null before. */
  curedAt: number | null;
};

/** Keeps the state; both are synchronous, so that no time is told before it is kept. */
export type ReplayStore = { load(): ReplayState | null; save(state: ReplayState): void };

type ReplayOptions = {
  /** Folder of the capture. */
  directory: string;
  /** A fault's name, "none" for the quiet part only, null for the stored one or the first. */
  fault: string | null;
  speed: number;
  wall: () => number;
  state: ReplayStore;
};

export type Replay = {
  url: string;
  clock: Clock;
  /** Metric time at which the replay began, unix seconds: everything before it is the recorded history. */
  start: number;
  capture: Capture;
  /** The fault that is replayed, null with "none". */
  fault: CaptureFault | null;
  /**
   * Tells that an action was really executed on a target (by name or instance id). True when it cured the fault: then
   * the recorded recovery comes. Anything else changes nothing.
   */
  cure(kind: string, target: string): boolean;
  close(): Promise<void>;
};

/** A sample is answered until it is so many intervals old. */
const freshIntervals = 3;

/**
 * Replays a capture as a Prometheus HTTP API on loopback. Metric time is wall time at the first start, then runs `speed`
 * times as fast; it never goes back, and goes on from where it was after a restart. Throws a ConfigError when the capture
 * or the fault cannot be used.
 */
export async function startReplay(options: ReplayOptions): Promise<Replay> {
  const recording = await readRecording(options.directory);
  const { capture } = recording;
  const stepSeconds = capture.step_seconds;
  const state = resume(options, capture);
  const fault = capture.faults.find(({ name }) => name === state.fault) ?? null;
  const timeline = createTimeline(capture, fault, recording.time);
  const save = (position: number) => {
    state.position = position;
    options.state.save({ ...state });
  };
  const clock = createReplayClock({ wall: options.wall, speed: options.speed, from: state.position, save });
  const stepAt = (time: number) => Math.floor((time - state.start) / stepSeconds + 1e-9);

  const answers = createAnswers(recording, (at) => {
    const step = stepAt(Math.min(at, clock.metric()));
    const time = state.start + step * stepSeconds;
    if (at - time > freshIntervals * stepSeconds) return null;
    const row = timeline.rowAt(step, state.curedAt === null ? null : stepAt(state.curedAt));
    return row === null ? null : { row, time };
  });
  const server = createReplayServer(answers, () => clock.metric());
  await new Promise<void>((resolve, reject) => server.once("error", reject).listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as AddressInfo;

  return {
    url: `http://127.0.0.1:${port}`,
    clock,
    start: state.start,
    capture,
    fault,
    cure(kind, target) {
      if (!fault || state.curedAt !== null || fault.cure !== kind) return false;
      const { instance_id } = capture.targets.find(({ name }) => name === fault.target) ?? {};
      if (target !== fault.target && target !== instance_id) return false;
      // The next sample is the first one that shows it: what was answered before stays as it was.
      state.curedAt = state.start + (stepAt(clock.metric()) + 1) * stepSeconds;
      save(state.position);
      return true;
    },
    async close() {
      save(clock.metric());
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

function resume({ state, fault, wall }: ReplayOptions, capture: Capture): ReplayState {
  const names = capture.faults.map(({ name }) => name);
  if (fault !== null && fault !== "none" && !names.includes(fault))
    throw new ConfigError([
      `the recording ${capture.name} has no fault "${fault}": set SMARTCLOUDOPS_REPLAY_FAULT to one of ${names.join(", ")} or none`,
    ]);
  const kept = state.load();
  if (kept === null) {
    const start = Math.floor(wall() / 1000 / capture.step_seconds) * capture.step_seconds;
    return {
      capture: capture.name,
      fault: fault ?? names[0] ?? "none",
      start,
      position: start,
      curedAt: null,
    };
  }
  if (
    kept.capture !== capture.name ||
    (fault !== null && fault !== kept.fault) ||
    !isKnown(kept.fault, names)
  )
    throw new ConfigError([
      `the store holds a replay of ${kept.capture} with the fault ${kept.fault}, and ${capture.name} with ${fault ?? names[0] ?? "none"} is asked for: begin a new store with npm start -- --fresh`,
    ]);
  return { ...kept };
}

function isKnown(fault: string, names: readonly string[]): boolean {
  return fault === "none" || names.includes(fault);
}
