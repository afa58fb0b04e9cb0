import { policyJsonSchema } from "../../remediation/policy.ts";
import { rulesJsonSchema } from "../../remediation/rules.ts";
import { runbookJsonSchema } from "../../remediation/runbook.ts";

/** The published JSON Schema (draft 2020-12) of one kind of file. */
export function schemaOf(file: string): object {
  if (file === "policy") return policyJsonSchema();
  return file === "rules" ? rulesJsonSchema() : runbookJsonSchema();
}
