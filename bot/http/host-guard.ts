import { isIP } from "node:net";
import type { FastifyRequest } from "fastify";
import { isLoopback } from "../../infra/config-texts.ts";
import { problem } from "./errors.ts";

/** Where the server listens, the URL people use, and what one connection says about itself. */
type Door = {
  host: string;
  publicUrl: string | null;
  /** The local end of the connection; absent for requests that came over no socket. */
  localAddress: string | undefined;
  localPort: number | undefined;
};

/**
 * Refuses a request whose Host is not ours (a foreign name that was made to resolve to this machine) or whose
 * Origin is another site's (a page that makes the browser press buttons here).
 */
export function createHostGuard(place: { host: string; publicUrl: string | null }) {
  return function guard(request: FastifyRequest): void {
    const { localAddress, localPort } = request.socket;
    const origins = allowedOrigins({ ...place, localAddress, localPort });
    const hosts = new Set([...origins].flatMap(hostsOf));
    if (!hosts.has((request.headers.host ?? "").toLowerCase()))
      throw problem(
        403,
        "host_not_allowed",
        `This bot does not answer to that Host. Use ${[...origins][0]}, or set SMARTCLOUDOPS_PUBLIC_URL to the URL you use.`,
      );
    const { origin } = request.headers;
    if (origin !== undefined && !origins.has(origin.toLowerCase()))
      throw problem(
        403,
        "origin_not_allowed",
        "Another site may not use this bot. Open the bot's own page, or set SMARTCLOUDOPS_PUBLIC_URL to the URL you use.",
      );
  };
}

/** The origins (`http://127.0.0.1:3000`) under which this connection may be addressed; the first is the usual one. */
export function allowedOrigins({ host, publicUrl, localAddress, localPort }: Door): Set<string> {
  const port = localPort ?? 80;
  const arrivedAt = localAddress?.replace(/^::ffff:/, "") ?? host;
  const everywhere = host === "0.0.0.0" || host === "::";
  const names = [everywhere ? arrivedAt : host];
  if (isLoopback(everywhere ? arrivedAt : host)) names.push("localhost", "127.0.0.1", "::1");
  const own = names.map((name) => new URL(`http://${isIP(name) === 6 ? `[${name}]` : name}:${port}`).origin);
  return new Set(publicUrl === null ? own : [...own, new URL(publicUrl).origin]);
}

/** How a browser or a program may write the Host of an origin: the scheme's default port may be left out. */
function hostsOf(origin: string): string[] {
  const { hostname, protocol, port } = new URL(origin);
  if (port !== "") return [`${hostname}:${port}`];
  return [hostname, `${hostname}:${protocol === "https:" ? 443 : 80}`];
}
