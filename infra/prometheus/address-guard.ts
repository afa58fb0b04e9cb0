import { lookup as resolveName } from "node:dns";
import { BlockList, type LookupFunction, isIP } from "node:net";
import { PrometheusError } from "./error.ts";

/** Where clouds answer with a machine's credentials (AWS: 169.254.169.254 and fd00:ec2::254): never asked. */
const forbidden = new BlockList();
forbidden.addSubnet("169.254.0.0", 16, "ipv4");
forbidden.addSubnet("fe80::", 10, "ipv6");
forbidden.addAddress("fd00:ec2::254", "ipv6");

/** Throws a PrometheusError when the URL's host is a literal address that is never asked. */
export function assertAllowed(url: string): void {
  const host = new URL(url).hostname.replace(/^\[|\]$/g, "");
  if (isForbidden(host)) throw refuse(host);
}

/** Resolves a name for a connection and refuses one that leads to an address that is never asked. */
export const guardedLookup = guardLookup(refuse);

/** The same for another dependency, with its own words for the refusal. */
export function guardLookup(refusal: (address: string) => Error): LookupFunction {
  return (hostname, options, done) => {
    resolveName(hostname, { ...options, all: true }, (error, found) => {
      if (error) return done(error, []);
      const bad = found.find(({ address }) => isForbidden(address));
      if (bad) return done(refusal(bad.address), []);
      const first = found[0];
      if (options.all || !first) return done(null, found);
      return done(null, first.address, first.family);
    });
  };
}

/** Whether a literal address is never asked; names are not resolved here. */
export function isForbidden(address: string): boolean {
  const version = isIP(address);
  return version !== 0 && forbidden.check(address, version === 4 ? "ipv4" : "ipv6");
}

function refuse(address: string): PrometheusError {
  return new PrometheusError(
    "forbidden",
    `the address ${address} belongs to the machine's own metadata, not to a Prometheus`,
    "Set PROMETHEUS_URL to the address of your Prometheus",
  );
}
