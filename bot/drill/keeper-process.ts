// Causes one fault for as long as it lives, and never outlives whoever started it: the channel to the parent closes
// when the parent ends, however it ends. Usage: keeper-process.js SETTINGS (JSON).
import { setPriority } from "node:os";
import { type End, beginWork } from "./keeper-work.ts";
import type { KeeperSettings } from "./processes.ts";

const lowestPriority = 19;
const endWithinMs = 2_000;
const settings = JSON.parse(process.argv[2] ?? "") as KeeperSettings;
let endWork: End = () => undefined;

setPriority(lowestPriority);
for (const event of ["disconnect", "SIGINT", "SIGTERM"]) process.on(event, end);
// The second line of defence: nothing here lasts longer than it was asked to.
setTimeout(end, settings.seconds * 1000);
endWork = beginWork(settings, (reason) => {
  process.stderr.write(`the fault ends early, ${settings.kind} cannot go on: ${reason}\n`);
  end();
});
process.send?.({ ready: process.pid });

function end(): void {
  setTimeout(() => process.exit(1), endWithinMs);
  void Promise.resolve(endWork()).then(() => process.exit(0));
}
