import { BlockList, isIP } from "node:net";

const loopback = new BlockList();
loopback.addSubnet("127.0.0.0", 8, "ipv4");
loopback.addAddress("::1", "ipv6");

/** Whether an address or host name means "this machine", whichever machine that is: it identifies nothing. */
export function isLoopback(address: string): boolean {
  const version = isIP(address);
  if (version === 0) return address === "localhost" || address.endsWith(".localhost");
  return loopback.check(address, version === 4 ? "ipv4" : "ipv6");
}
