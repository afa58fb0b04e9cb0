import { describe, expect, test } from "vitest";
import { dependencyAddresses } from "./dependency-addresses.ts";
import { ConfigError } from "./errors.ts";
import { type CloudInstance, type Self, type Target, joinInventory } from "./inventory.ts";
import { isLoopback } from "./loopback.ts";
import { type TargetEntry, parseTargets, readTargetsFile } from "./targets-file.ts";

const nobody: Self = { instanceId: null, dependencies: [] };

function instance(
  instanceId: string,
  privateIp: string | null,
  tags: Record<string, string> = {},
): CloudInstance {
  return { instanceId, region: "eu-central-1", tags, privateIp, publicIp: null };
}

function join(
  seen: Record<string, string>[],
  cloudInstances: CloudInstance[] | null,
  { targetsYaml = [], self = nobody }: { targetsYaml?: TargetEntry[]; self?: Self } = {},
): Target[] {
  return joinInventory(seen, { cloudInstances, targetsYaml, self });
}

const web1 = instance("i-0001", "10.0.1.5", { Name: "web-1", role: "web" });

describe("what Prometheus sees and what EC2 says are joined", () => {
  test("by address: machine and service on two ports are one target, named by its tag", () => {
    const seen = [
      { instance: "10.0.1.5:9100", job: "node" },
      { instance: "10.0.1.5:8080", job: "shop" },
    ];
    const expected: Target = {
      name: "web-1",
      instanceId: "i-0001",
      region: "eu-central-1",
      match: { instance: "10.0.1.5" },
      addresses: ["10.0.1.5"],
      tags: { Name: "web-1", role: "web" },
      protectedBecause: null,
    };
    expect(join(seen, [web1])).toEqual([expected]);
    expect(join(seen.toReversed(), [web1])).toEqual([expected]);
  });

  test("by instance_id first: a label beats an address, and a series without it joins by the address", () => {
    const seen: Record<string, string>[] = [
      { instance: "127.0.0.1:8080", job: "shop" },
      { instance: "127.0.0.1:9100", job: "node", instance_id: "i-0001" },
    ];
    expect(join(seen, [web1, instance("i-0002", "127.0.0.1")])).toMatchObject([
      { name: "web-1", instanceId: "i-0001", addresses: ["127.0.0.1", "10.0.1.5"], protectedBecause: null },
    ]);
  });

  test("by Name tag last", () => {
    expect(join([{ instance: "web-1:9100", job: "node" }], [web1])).toMatchObject([
      { name: "web-1", instanceId: "i-0001", addresses: ["web-1", "10.0.1.5"] },
    ]);
  });

  test("what scrapes no machine is no target", () => {
    const seen: Record<string, string>[] = [
      { instance: "10.0.1.5:9090", job: "prometheus" },
      { instance: "https://example.org/", job: "websites" },
      { job: "nameless" },
    ];
    expect(join(seen, [web1])).toEqual([]);
  });

  test("two machines with one name are told apart, and the same input gives the same order", () => {
    const seen = [
      { instance: "10.0.1.6:9100", job: "node" },
      { instance: "10.0.1.5:9100", job: "node" },
    ];
    const cloud = [web1, instance("i-0002", "10.0.1.6", { Name: "web-1" })];
    expect(join(seen, cloud).map(({ name }) => name)).toEqual(["web-1-i-0001", "web-1-i-0002"]);
  });
});

describe("targets.yaml wins", () => {
  test("over name, instance, region and tags, and two ports of one address can be two targets", () => {
    const targetsYaml = parseTargets(
      "- {name: a, instance_id: i-0001, region: us-east-1, match: {instance: '10.0.1.5:9100'}, tags: {role: db}}\n" +
        "- {name: b, match: {instance: '10.0.1.5:9200'}}\n",
      "targets.yaml",
    );
    const seen = [
      { instance: "10.0.1.5:9100", job: "node" },
      { instance: "10.0.1.5:9200", job: "node" },
    ];
    expect(join(seen, [web1], { targetsYaml })).toMatchObject([
      { name: "a", instanceId: "i-0001", region: "us-east-1", tags: { role: "db" } },
      { name: "b", match: { instance: "10.0.1.5:9200" } },
    ]);
  });

  test("an entry that Prometheus does not see is there, found by its instance or its name", () => {
    const targetsYaml = parseTargets(
      "- {name: web-1}\n- {name: batch, instance_id: i-0009}\n",
      "targets.yaml",
    );
    expect(join([{ instance: "10.0.1.5:9100", job: "node" }], [web1], { targetsYaml })).toMatchObject([
      {
        name: "batch",
        instanceId: "i-0009",
        protectedBecause: "EC2 knows no instance i-0009 in this account and region",
      },
      { name: "web-1", instanceId: "i-0001", addresses: ["10.0.1.5"], protectedBecause: null },
    ]);
  });

  test.each([
    ["- {name: web 1}\n", "targets.yaml:1:10 0.name: must be letters"],
    ["- {name: a, instance_id: web}\n", "targets.yaml:1:26 0.instance_id: must be an EC2 instance id"],
    ["- {name: a, match: {}}\n", "0.match: needs at least one label"],
    ["- {name: a, colour: red}\n", 'targets.yaml:1:13 0: "colour" is not known here; there is name'],
    ["- {name: a}\n- {name: a}\n", "targets.yaml:2:10 1.name: two targets have the name a: keep one"],
    [
      "targets:\n  - {name: a, instance_id: i-0abc}\n  - {name: b, instance_id: i-0abc}\n",
      "targets.yaml:3:28 targets.1.instance_id: two targets have the instance_id i-0abc: keep one",
    ],
    ["name: a\n", "targets.yaml:1:1 the file"],
  ])("%j is refused with its place", (text, words) => {
    expect(() => parseTargets(text, "targets.yaml")).toThrow(words);
    expect(() => parseTargets(text, "targets.yaml")).toThrow(ConfigError);
  });

  test("the list may stand under a key, and a missing file names the variable", async () => {
    expect(parseTargets("targets:\n  - {name: a}\n", "t")).toEqual([{ name: "a", tags: {} }]);
    await expect(readTargetsFile("/nowhere/targets.yaml")).rejects.toThrow("SMARTCLOUDOPS_TARGETS");
  });
});

describe("what may never be acted on", () => {
  const why = (targets: Target[]) => targets.map(({ protectedBecause }) => protectedBecause ?? "nothing");
  const seen = [{ instance: "10.0.1.5:9100", job: "node" }];

  test("a target without an EC2 identity, a loopback address included", () => {
    expect(why(join(seen, []))[0]).toContain("no EC2 identity");
    expect(
      why(join([{ instance: "127.0.0.1:9100", job: "node" }], [instance("i-0001", "127.0.0.1")]))[0],
    ).toContain("no EC2 identity");
  });

  test("a target that could be two instances, by address, name or label", () => {
    expect(join(seen, [web1, instance("i-0002", "10.0.1.5")])).toMatchObject([{ instanceId: null }]);
    const named = [instance("i-0001", null, { Name: "db" }), instance("i-0002", null, { Name: "db" })];
    expect(join([{ instance: "db:9100", job: "node" }], named)).toMatchObject([{ instanceId: null }]);
    const targetsYaml = parseTargets("- {name: all, match: {job: node}}\n", "targets.yaml");
    const labelled = ["i-0001", "i-0002"].map((id) => ({
      instance: `${id}:9100`,
      job: "node",
      instance_id: id,
    }));
    expect(join(labelled, [web1, instance("i-0002", "10.0.1.6")], { targetsYaml })).toMatchObject([
      {
        name: "all",
        instanceId: null,
        protectedBecause: expect.stringContaining("no EC2 identity") as string,
      },
    ]);
  });

  test("the bot's own instance, Prometheus's and the database's", () => {
    const self = (one: Partial<Self>) => ({ self: { ...nobody, ...one } });
    expect(why(join(seen, [web1], self({ instanceId: "i-0001" })))).toEqual([
      "the bot itself runs on this instance",
    ]);
    const dependencies = [{ what: "the database", addresses: ["10.0.1.5"] }];
    expect(why(join(seen, [web1], self({ dependencies })))).toEqual([
      "the database runs on this instance, and the bot needs it",
    ]);
  });

  test("nothing is protected because of a loopback address, and everything while EC2 does not answer", () => {
    const local = {
      ...nobody,
      dependencies: [{ what: "Prometheus", addresses: ["127.0.0.1", "::1", "localhost"] }],
    };
    const odd = instance("i-0001", "127.0.0.1", { Name: "localhost" });
    const labelled = [{ instance: "127.0.0.1:9100", job: "node", instance_id: "i-0001" }];
    expect(why(join(labelled, [odd], { self: local }))).toEqual(["nothing"]);
    expect(why(join(labelled, null))[0]).toContain("EC2 could not be asked");
  });

  test("where a dependency runs is asked of its URL", async () => {
    expect(await dependencyAddresses("http://127.0.0.1:9090/prometheus")).toEqual(["127.0.0.1"]);
    expect(await dependencyAddresses("http://[::1]:9090")).toEqual(["::1"]);
    expect(await dependencyAddresses("http://nowhere.invalid")).toEqual([]);
  });

  test("every way to write loopback is one", () => {
    expect(
      ["127.0.0.1", "127.8.9.1", "::1", "::ffff:127.0.0.1", "localhost", "a.localhost"].every(isLoopback),
    ).toBe(true);
    expect(["10.0.0.1", "128.0.0.1", "::2", "local", "web-1"].some(isLoopback)).toBe(false);
  });
});
