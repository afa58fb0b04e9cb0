import { expect, it } from "vitest";
import { dependencyAddresses } from "../../infra/dependency-addresses.ts";
import { dependenciesOf } from "./keep-inventory.ts";

it("never acts on the instances of Prometheus, the database and Alertmanager, wherever they are", async () => {
  const databaseUrl = "postgresql://ops:p%40ss@10.0.9.9:5433/bot?sslmode=verify-full";
  const metrics = { kind: "prometheus", url: "http://10.0.9.8:9090" } as const;
  const found = dependenciesOf({ metrics, databaseUrl, alertmanagerUrl: "http://10.0.9.7:9093" });
  expect(found.map(({ what }) => what)).toEqual(["Prometheus", "the database", "Alertmanager"]);
  expect(await Promise.all(found.map(({ url }) => dependencyAddresses(url)))).toEqual([
    ["10.0.9.8"],
    ["10.0.9.9"],
    ["10.0.9.7"],
  ]);
  const recording = { kind: "recording", directory: null, speed: 1, fault: null } as const;
  expect(dependenciesOf({ metrics: recording, databaseUrl: null, alertmanagerUrl: null })).toEqual([]);
});
