import type { TypeView } from "../../remediation/cloud.ts";

/** The type of an instance whose recording names none. */
export const recordedType = "recorded";

/** Source: EC2 user guide "Track your Free Tier usage", accounts made since July 2025 and before. */
const freeTier = [
  "t2.micro",
  "t3.micro",
  "t3.small",
  "t4g.micro",
  "t4g.small",
  "c7i-flex.large",
  "m7i-flex.large",
];
const shape =
  /^(?<family>[a-z]+)(?<generation>\d+)(?<options>[a-z-]*)\.(nano|micro|small|medium|large|(\d+)?xlarge|metal(-\d+xl)?)$/;
/** Families that are made around their local disks. */
const storageFamilies = ["i", "im", "is", "d", "h"];

/**
 * What a type's name tells (EC2 user guide, "Instance type naming conventions"): the dry run has no catalog to ask, so
 * every name of the right shape exists.
 */
export function dryRunType(type: string): TypeView | null {
  if (type === recordedType) return { instanceStore: false, freeTier: false, architectures: ["x86_64"] };
  const parts = shape.exec(type)?.groups;
  if (parts === undefined) return null;
  const { family = "", options = "" } = parts;
  return {
    instanceStore: options.includes("d") || storageFamilies.includes(family),
    freeTier: freeTier.includes(type),
    architectures: [options.includes("g") ? "arm64" : "x86_64"],
  };
}
