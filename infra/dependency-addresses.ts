import { lookup } from "node:dns/promises";

/**
 * The addresses a URL's host has, for telling which instance it runs on. Empty when the name cannot be resolved: then
 * the URL cannot be used either.
 */
export async function dependencyAddresses(url: string): Promise<string[]> {
  const host = new URL(url).hostname.replace(/^\[|\]$/g, "");
  try {
    return (await lookup(host, { all: true })).map(({ address }) => address);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).syscall === "getaddrinfo") return [];
    throw error;
  }
}
