import { Agent, get } from "node:http";

const routes = ["/", "/items", "/items", "/checkout"] as const;

export type Load = { stop(): void };

/**
 * Visitors for the sample service: about 40 requests a second that swing between 10 and 75 with periods of 20 and 5
 * minutes (a day in a nutshell), arriving at random moments. `port` may change when the service is restarted.
 */
export function startLoad({ port, random }: { port: () => number | null; random: () => number }): Load {
  const agent = new Agent({ keepAlive: true, maxSockets: 200 });
  const startedAt = performance.now();
  let timer: NodeJS.Timeout;
  const next = () => {
    visit(port(), agent, random);
    const rate = requestsPerSecond((performance.now() - startedAt) / 1000);
    timer = setTimeout(next, (-1000 * Math.log(1 - random())) / rate);
  };
  timer = setTimeout(next, 0);
  return {
    stop: () => {
      clearTimeout(timer);
      agent.destroy();
    },
  };
}

/** The swing alone, without the randomness of arrivals, at so many seconds from the start. 9 to 75. */
export function requestsPerSecond(seconds: number): number {
  const swing = 23 * Math.sin((2 * Math.PI * seconds) / 1200) + 10 * Math.sin((2 * Math.PI * seconds) / 300);
  return 42 + swing;
}

function visit(port: number | null, agent: Agent, random: () => number): void {
  if (port === null) return;
  const path = routes[Math.floor(random() * routes.length)] ?? "/";
  const request = get({ host: "127.0.0.1", port, path, agent, timeout: 10_000 }, (response) =>
    response.resume(),
  );
  request.on("timeout", () => request.destroy());
  // A visitor of a broken service is turned away: that is what a drill is for, and the service's metrics tell it.
  request.on("error", () => request.destroy());
}
