import { expect, test } from "vitest";
import { cloudAt, execRole, openAws } from "../../fixtures/fakes/aws-world.ts";
import { cloudIdentity } from "./cloud-identity.ts";

test("the doctor counts what may be acted on, tries the role and changes nothing", async () => {
  const aws = await openAws();
  const seen = "EC2 answers with 3 instances, 3 of them managed";
  expect(await cloudIdentity(cloudAt(aws), false)).toBe(seen);
  const cloud = cloudAt(aws, { execRole });
  expect(await cloudIdentity(cloud, true)).toBe(`${seen}, and a plan could act under its role`);
  aws.state.roles.clear();
  await expect(cloudIdentity(cloud, true)).rejects.toMatchObject({ code: "AccessDenied", accepted: "no" });
  aws.state.instances.forEach((instance) => (instance.tags = {}));
  expect(await cloudIdentity(cloud, true)).toBe("EC2 answers with 3 instances, 0 of them managed");
  expect(aws.accepted).toEqual([]);
  await aws.close();
});
