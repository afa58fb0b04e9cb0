import { expect, test } from "vitest";
import { guardedLookup } from "./address-guard.ts";
import { addressOf, hasPort } from "./address.ts";

function lookup(hostname: string): Promise<unknown> {
  return new Promise((resolve, reject) =>
    guardedLookup(hostname, { all: true }, (error, found) => (error ? reject(error) : resolve(found))),
  );
}

test("a name that leads to the machine's metadata is refused when it is resolved", async () => {
  await expect(lookup("169.254.169.254")).rejects.toThrow("PROMETHEUS_URL");
  await expect(lookup("fd00:ec2::254")).rejects.toThrow("metadata");
  expect(await lookup("127.0.0.1")).toEqual([{ address: "127.0.0.1", family: 4 }]);
});

test("an instance label is an address and perhaps a port", () => {
  expect(["10.0.1.5:9100", "10.0.1.5", "[::1]:9100", "web-1:80", "web-1"].map(addressOf)).toEqual([
    "10.0.1.5",
    "10.0.1.5",
    "::1",
    "web-1",
    "web-1",
  ]);
  expect(["10.0.1.5:9100", "[::1]:9100", "10.0.1.5", "::1", "web-1"].map(hasPort)).toEqual([
    true,
    true,
    false,
    false,
    false,
  ]);
});
