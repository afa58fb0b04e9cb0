import { z } from "zod";

/** AWS's instance metadata service, the same on every instance (EC2 user guide, IMDSv2). */
const metadataAddress = "http://169.254.169.254";
const patienceMs = 1000;

/**
 * The id of the EC2 instance on which the bot runs, or null where it runs elsewhere: the bot must never act on itself.
 * Null also behind a hop limit of 1 (containers); then name the instance as protected in `targets.yaml`.
 */
export async function ownInstanceId(address: string = metadataAddress): Promise<string | null> {
  const token = await ask(`${address}/latest/api/token`, {
    method: "PUT",
    headers: { "x-aws-ec2-metadata-token-ttl-seconds": "60" },
  });
  if (token === null) return null;
  const id = await ask(`${address}/latest/meta-data/instance-id`, {
    headers: { "x-aws-ec2-metadata-token": token },
  });
  return (
    z
      .string()
      .regex(/^i-[0-9a-f]+$/)
      .safeParse(id).data ?? null
  );
}

async function ask(url: string, request: RequestInit): Promise<string | null> {
  try {
    const answer = await fetch(url, {
      ...request,
      redirect: "error",
      signal: AbortSignal.timeout(patienceMs),
    });
    return answer.ok ? await answer.text() : null;
  } catch (error) {
    // Nobody listens there outside EC2: refused, unreachable or silent, all the same.
    if (error instanceof TypeError || (error instanceof DOMException && error.name === "TimeoutError"))
      return null;
    throw error;
  }
}
