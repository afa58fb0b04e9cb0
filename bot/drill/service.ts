import { createHash } from "node:crypto";
import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import { setTimeout as sleep } from "node:timers/promises";
import { Counter, Gauge, Histogram, Registry, collectDefaultMetrics } from "prom-client";

/** What a drill makes the service do wrong. Zero everywhere is healthy. */
export type Misbehaviour = {
  /** Share of the requests that fail, 0 to 1. */
  errorFraction: number;
  /** Added to every request, drawn evenly between the two, in seconds. */
  delaySeconds: [number, number];
  leakBytesPerSecond: number;
  /** The leak stops here and holds what it has. */
  leakLimitBytes: number;
};

export const healthy: Misbehaviour = {
  errorFraction: 0.003,
  delaySeconds: [0, 0],
  leakBytesPerSecond: 0,
  leakLimitBytes: 0,
};

export type Service = { port: number; misbehave(how: Misbehaviour): void; stop(): Promise<void> };

const routes = ["/", "/items", "/checkout"] as const;
const leakTickMs = 500;

/**
 * The sample service that drills break: an HTTP server on loopback whose `/metrics` are real, through prom-client
 * (`http_request_duration_seconds{route,status}`, `http_requests_in_flight`, process metrics). Nobody can change its
 * behaviour over the network: only who holds the returned object can. `port` 0 takes a free one; `random` gives 0 to 1.
 */
export async function startService({
  port,
  random,
}: {
  port: number;
  random: () => number;
}): Promise<Service> {
  const registry = new Registry();
  collectDefaultMetrics({ register: registry });
  const metrics = serviceMetrics(registry);
  const leaked: Buffer[] = [];
  let behaviour = healthy;

  const server = createServer((request, response) => {
    const path = (request.url ?? "/").split("?")[0] ?? "/";
    const work =
      path === "/metrics"
        ? answerMetrics(registry, response)
        : handle(path, request, response, metrics, { behaviour, random });
    work.catch((error: unknown) =>
      response.destroy(error instanceof Error ? error : new Error(String(error))),
    );
  });
  const leak = setInterval(() => leakSome(leaked, behaviour, metrics.leakedBytes), leakTickMs);
  await listen(server, port);
  const address = server.address();
  return {
    port: typeof address === "object" && address !== null ? address.port : port,
    misbehave: (how) => {
      behaviour = how;
    },
    stop: async () => {
      clearInterval(leak);
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

function serviceMetrics(registry: Registry) {
  return {
    duration: new Histogram({
      name: "http_request_duration_seconds",
      help: "Time from the request to the end of its answer",
      labelNames: ["route", "status"],
      buckets: [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10],
      registers: [registry],
    }),
    inFlight: new Gauge({
      name: "http_requests_in_flight",
      help: "Requests being answered",
      registers: [registry],
    }),
    leakedBytes: new Counter({
      name: "drill_leaked_bytes_total",
      help: "Memory held by a drill",
      registers: [registry],
    }),
  };
}

type ServiceMetrics = ReturnType<typeof serviceMetrics>;

async function handle(
  path: string,
  request: IncomingMessage,
  response: ServerResponse,
  metrics: ServiceMetrics,
  { behaviour, random }: { behaviour: Misbehaviour; random: () => number },
): Promise<void> {
  const route = routes.find((known) => known === path) ?? "other";
  const end = metrics.duration.startTimer({ route });
  metrics.inFlight.inc();
  response.once("close", () => {
    metrics.inFlight.dec();
    end({ status: String(response.statusCode) });
  });
  request.resume();
  const [low, high] = behaviour.delaySeconds;
  await sleep(1000 * (ordinaryDelay(random) + low + (high - low) * random()));
  const fails = random() < behaviour.errorFraction;
  response.statusCode = fails ? 500 : route === "other" ? 404 : 200;
  response.end(fails ? "the drill says no\n" : `${busyWork(route)}\n`);
}

/** Seconds; most requests take a few milliseconds and some take ten times as long, as real ones do. */
function ordinaryDelay(random: () => number): number {
  return 0.003 - 0.012 * Math.log(1 - random());
}

function busyWork(route: string): string {
  let digest = route;
  for (let round = 0; round < 200; round++) digest = createHash("sha256").update(digest).digest("hex");
  return digest;
}

async function answerMetrics(registry: Registry, response: ServerResponse): Promise<void> {
  const body = await registry.metrics();
  response.setHeader("content-type", registry.contentType);
  response.end(body);
}

function leakSome(leaked: Buffer[], behaviour: Misbehaviour, counter: Counter): void {
  const held = leaked.reduce((sum, piece) => sum + piece.length, 0);
  const wanted = Math.min(
    (behaviour.leakBytesPerSecond * leakTickMs) / 1000,
    behaviour.leakLimitBytes - held,
  );
  if (wanted < 1) return;
  // Filled, because untouched pages are not resident and no metric would see them.
  leaked.push(Buffer.alloc(Math.floor(wanted), 1));
  counter.inc(Math.floor(wanted));
}

function listen(server: Server, port: number): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once("error", reject);
    server.listen(port, "127.0.0.1", () => resolve());
  });
}
