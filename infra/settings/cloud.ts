import { known, type Setting } from "./setting.ts";

/** What actions go to, and where models may be kept. */
export const cloudSettings = [
  {
    ...known,
    name: "SMARTCLOUDOPS_CLOUD",
    group: "cloud",
    fallback: "dry-run",
    meaning: "dry-run (writes what it would have done) or aws (really acts)",
  },
  {
    ...known,
    name: "AWS_REGION",
    group: "cloud",
    meaning:
      "Region of the instances and of the model bucket; read only with SMARTCLOUDOPS_CLOUD=aws or SMARTCLOUDOPS_MODEL_BUCKET. Unset: the AWS profile's",
  },
  {
    ...known,
    name: "AWS_ENDPOINT_URL",
    group: "cloud",
    meaning:
      "Another endpoint of the AWS APIs; read only with SMARTCLOUDOPS_CLOUD=aws or SMARTCLOUDOPS_MODEL_BUCKET",
  },
  {
    ...known,
    name: "SMARTCLOUDOPS_EXEC_ROLE_ARN",
    group: "cloud",
    meaning:
      "IAM role under which an approved plan acts: one session a plan, limited to what the plan names. Unset: the bot's own rights",
  },
  {
    ...known,
    name: "SMARTCLOUDOPS_MODEL_BUCKET",
    group: "cloud",
    meaning: "S3 bucket that keeps the models. Unset: only the files in SMARTCLOUDOPS_DATA_DIR",
  },
  {
    ...known,
    name: "SMARTCLOUDOPS_MODEL_PREFIX",
    group: "cloud",
    meaning: "What the keys of the models in the bucket begin with, for example smartcloudops/models/",
  },
] as const satisfies readonly Setting[];
