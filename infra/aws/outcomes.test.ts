import { beforeAll, expect, test } from "vitest";
import { failures, mutations, renderOutcomes } from "../../fixtures/fakes/aws-outcomes.ts";
import { cloudAt, openAws, web1 } from "../../fixtures/fakes/aws-world.ts";
import { awsErrors } from "./error-codes.ts";

const patienceMs = 1_200;
const accepted = { told: "yes", code: "" };
type Told = { told: string; code: string };

/** Loading the SDK must not use up a cell's patience. */
beforeAll(async () => {
  await Promise.all(mutations.map(async (mutation) => await cell(mutation, undefined)));
});

async function cell(mutation: (typeof mutations)[number], failure: (typeof failures)[number] | undefined) {
  const aws = await openAws();
  mutation.prepare?.(aws);
  const timeoutMs = failure === undefined ? 20_000 : patienceMs;
  if (failure !== undefined) aws.fail(mutation.operation, failure.failure, 9);
  const said: Told = await mutation.call(cloudAt(aws, { timeoutMs })).then(
    () => ({ told: "yes", code: "" }),
    (error: { accepted: string; code: string; remedy: string }) => {
      expect(error.remedy).toMatch(/^[A-Z].{20,}/);
      return { told: error.accepted, code: error.code };
    },
  );
  const sent = aws.calls.filter(({ operation }) => operation === mutation.operation).length;
  const effects = aws.accepted.length;
  await aws.close();
  return { said, sent, effects };
}

test.each(failures.map((failure) => [failure.what, failure] as const))(
  "%s: every mutation is sent once and told as it is",
  async (_, failure) => {
    const cells = await Promise.all(
      mutations.map(async (mutation) => [mutation, await cell(mutation, failure)] as const),
    );
    for (const [{ name, service }, { said, sent, effects }] of cells) {
      const code = typeof failure.code === "string" ? failure.code : (failure.code[service] ?? "");
      const expected = failure.enough?.includes(name) ? accepted : { told: failure.told, code };
      expect({ name, said, sent, effects }).toEqual({
        name,
        said: expected,
        sent: 1,
        effects: failure.effect ? 1 : 0,
      });
    }
  },
);

test.each(mutations)(
  "$name: what AWS did is never told as not accepted, whatever code it answers",
  async (mutation) => {
    const codes = Object.entries(awsErrors).filter(
      ([code]) => !/^(E[A-Z_]+|Timeout|IncompleteAnswer)$/.test(code),
    );
    const aws = await openAws();
    mutation.prepare?.(aws);
    const cloud = cloudAt(aws);
    for (const [code, { accepted: said, remedy }] of codes) {
      aws.fail(mutation.operation, { how: "code", code });
      const failed = await mutation.call(cloud).then(
        () => "accepted",
        (error: { accepted: string; code: string; remedy: string }) => error,
      );
      expect(failed).toMatchObject({ accepted: said, code, remedy });
    }
    expect(aws.calls.filter(({ operation }) => operation === mutation.operation)).toHaveLength(codes.length);
    expect(aws.accepted).toEqual([]);
    await aws.close();
  },
);

test.each(["reboot", "stop", "start", "modify-type"] as const)(
  "the dry run of %s changes nothing and says why not",
  async (call) => {
    const aws = await openAws();
    const cloud = cloudAt(aws, { timeoutMs: 1200 });
    const operation =
      mutations.find(({ name }) => name === (call === "modify-type" ? "modifyType" : call))?.operation ?? "";
    const ask = async () => await cloud.dryRun(call, web1.id, "t3.micro");
    expect(await ask()).toEqual({ ok: true });
    for (const code of [
      "UnauthorizedOperation",
      "OperationNotPermitted",
      "InvalidInstanceAttributeValue",
      "Unsupported",
    ]) {
      aws.fail(operation, { how: "code", code, status: 403 });
      expect(await ask()).toEqual({ ok: false, reason: expect.stringContaining(code) });
    }
    for (const how of ["throttle", "500", "hang-before-accept", "reset-before-accept", "garbled"] as const) {
      aws.fail(operation, { how });
      await expect(ask()).rejects.toMatchObject({ code: expect.stringMatching(/^[A-Z]/) });
    }
    aws.fail(operation, { how: "empty" });
    // The fake answers a dry run with 412; an empty 412 says nothing either.
    await expect(ask()).rejects.toMatchObject({ accepted: "unknown" });
    expect(aws.accepted).toEqual([]);
    await aws.close();
  },
);

test("the page of outcomes says what these tests run", async () => {
  // After a change: npx vitest run infra/aws/outcomes.test.ts -u
  await expect(renderOutcomes(awsErrors)).toMatchFileSnapshot("outcomes.md");
});
