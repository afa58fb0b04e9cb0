import { readdirSync, readFileSync } from "node:fs";
import { expect, test } from "vitest";

const folder = new URL("deploy/terraform/", import.meta.url);
const files = readdirSync(folder).filter((name) => name.endsWith(".tf"));
const source = files.map((name) => readFileSync(new URL(name, folder), "utf8")).join("\n");
/** Without comments and without what stands in strings, so that only structure is left. */
const structure = source.replace(/#.*$/gm, "").replace(/"(?:[^"\\]|\\.)*"/g, '""');

const found = (pattern: RegExp, text = source) =>
  new Set([...text.matchAll(pattern)].map(([, name]) => name));

test("every bracket is closed in its turn", () => {
  const open: string[] = [];
  const partner: Record<string, string> = { "}": "{", ")": "(", "]": "[" };
  for (const [bracket] of structure.matchAll(/[{}()[\]]/g)) {
    if (partner[bracket] === undefined) open.push(bracket);
    else expect(open.pop()).toBe(partner[bracket]);
  }
  expect(open).toEqual([]);
});

test("what is used is declared, and what is declared is used", () => {
  expect(found(/\bvar\.(\w+)/g)).toEqual(found(/^variable "(\w+)"/gm));
  const locals = /^locals \{\n([\s\S]*?)^\}/m.exec(source)?.[1] ?? "";
  expect(found(/\blocal\.(\w+)/g)).toEqual(found(/^ {2}(\w+) +?=/gm, locals));
  const resources = new Set(
    [...source.matchAll(/^resource "(\w+)" "(\w+)"/gm)].map(([, type, name]) => `${type}.${name}`),
  );
  const used = [...structure.matchAll(/\b(aws_\w+\.\w+)/g)].map(([, name]) => name ?? "");
  const data = [...source.matchAll(/^data "(\w+)" "(\w+)"/gm)].map(([, type, name]) => `${type}.${name}`);
  for (const name of used) expect([...resources, ...data]).toContain(name);
});

test("every policy for a role comes from its tested file, and every such file is applied", () => {
  const listed = /for name in \[([^\]]*)\]/.exec(source)?.[1] ?? "";
  const named = [...found(/"([\w-]+)"/g, listed), ...found(/\.\.\/iam\/(\w[\w-]*)\.json"/g)];
  // The service control policy belongs to an organisation's own account.
  const present = readdirSync(new URL("deploy/iam/", import.meta.url))
    .filter((name) => name.endsWith(".json") && name !== "scp.json")
    .map((name) => name.replace(".json", ""));
  expect(named.sort()).toEqual(present.sort());
  for (const name of found(/local\.iam\["([\w-]+)"\]/g)) expect(listed).toContain(`"${name}"`);
  for (const name of found(/\? \["([\w-]+)"\]/g)) expect(listed).toContain(`"${name}"`);
  expect(source.match(/policy = jsonencode/g)).toEqual(["policy = jsonencode", "policy = jsonencode"]);
});

test("every SSM document is created from its own file, under its own name", () => {
  expect(source).toContain('fileset("${path.module}/../ssm", "*.yaml")');
  expect(source).toContain('trimsuffix(each.key, ".yaml")');
  expect(source).toContain('file("${path.module}/../ssm/${each.key}")');
});

test("the exec role is bounded, trusts the bot alone, and bears the name that the bot's policy knows", () => {
  const exec = /^resource "aws_iam_role" "exec" \{\n([\s\S]*?)^\}/m.exec(source)?.[1] ?? "";
  expect(exec).toContain('name                 = "smartcloudops-exec"');
  expect(exec).toContain("permissions_boundary = aws_iam_policy.boundary.arn");
  expect(exec.match(/Principal = .*/g)).toEqual([
    "Principal = { AWS = local.bot_role_arn }",
    "Principal = { AWS = local.bot_role_arn }",
  ]);
  const base = readFileSync(new URL("deploy/iam/base.json", import.meta.url), "utf8");
  expect(base).toContain("arn:aws:iam::ACCOUNT:role/smartcloudops-exec");
  const sessions = readFileSync(new URL("aws/cloud.ts", import.meta.url), "utf8");
  for (const prefix of ["exec-", "check-"]) {
    expect(exec).toContain(`"${prefix}`);
    expect(sessions).toContain(`\`${prefix}\${`);
  }
});

test("nothing dangerous is allowed by default, and no name of a secret is here", () => {
  const defaults = [...source.matchAll(/variable "(allow_\w+)" \{[^}]*default\s+= (\w+)/g)];
  expect(defaults.map(([, name, value]) => [name, value])).toEqual([
    ["allow_type_change", "false"],
    ["allow_instance_refresh", "false"],
    ["allow_load_balancing", "false"],
  ]);
  expect(source).not.toMatch(/AKIA|secret_key|access_key|password/i);
});

test("the page names every variable", () => {
  const readme = readFileSync(new URL("README.md", folder), "utf8");
  for (const name of found(/^variable "(\w+)"/gm)) expect(readme).toContain(`\`${name}\``);
});
