// The sample service as a process of its own, so that a drill can kill it. It ends with whoever started it.
import { setPriority } from "node:os";
import { type Misbehaviour, startService } from "./service.ts";

const lowestPriority = 19;

setPriority(lowestPriority);
process.on("disconnect", () => process.exit(0));
process.on("SIGINT", () => process.exit(0));
process.on("SIGTERM", () => process.exit(0));
try {
  const service = await startService({ port: Number(process.argv[2]), random: Math.random });
  process.on("message", (message: { misbehave: Misbehaviour }) => service.misbehave(message.misbehave));
  process.send?.({ ready: service.port });
} catch (error) {
  process.send?.({ failed: error instanceof Error ? error.message : String(error) });
  process.exitCode = 1;
  process.disconnect?.();
}
