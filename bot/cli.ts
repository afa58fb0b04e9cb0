#!/usr/bin/env node
import { runCommandLine } from "./commands/program.ts";

/** A reader that went away (`| head -1`) ends a command as if it were told to stop: what has to clean up does. */
function endWithReader(stream: NodeJS.WriteStream): void {
  stream.once("error", (error: NodeJS.ErrnoException) => {
    stream.on("error", () => undefined);
    if (error.code !== "EPIPE") throw error;
    if (process.listenerCount("SIGTERM") > 0) process.kill(process.pid, "SIGTERM");
    else process.exit(0);
  });
}

/** Settles when everything written so far is with the operating system, or can go nowhere. */
function flushed(stream: NodeJS.WriteStream): Promise<void> {
  return new Promise((resolve) => stream.write("", () => resolve()));
}

for (const stream of [process.stdout, process.stderr]) endWithReader(stream);
const tell = (line: string) => void process.stderr.write(`${line}\n`);
const exitCode = await runCommandLine(process.argv.slice(2), {
  print: (line) => void process.stdout.write(`${line}\n`),
  tell,
  // Progress is for people at a terminal, and never mixes with a result on stdout.
  progress: (line) => {
    if (process.stderr.isTTY) tell(line);
  },
  input: process.stdin,
});
await Promise.all([flushed(process.stdout), flushed(process.stderr)]);
// A worker or a server that a failed start left open must not keep the process.
process.exit(exitCode);
