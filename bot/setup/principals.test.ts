import { describe, expect, test } from "vitest";
import { demoPolicy, denyAllPolicy, parsePolicy } from "../../remediation/policy.ts";
import { authenticate as authenticateUnder } from "./principals.ts";

type Arguments = Parameters<typeof authenticateUnder>;
const authenticate = (caller: Arguments[0], config: Arguments[1]) =>
  authenticateUnder(caller, config, demoPolicy());

const here = { host: "127.0.0.1", publicUrl: null, alertsToken: null, changesToken: null };
const token = "a-bearer-of-some-length";
const guarded = { ...here, alertsToken: token };
const told = { ...here, changesToken: "another-bearer-of-some-length" };
const call = (parts: { from?: string; headers?: Record<string, string> } = {}) => ({
  remoteAddress: parts.from ?? "127.0.0.1",
  headers: parts.headers ?? {},
});
const bearer = (value: string) => ({ authorization: `Bearer ${value}` });

describe("the user of this machine", () => {
  test("is known, and may tell of alerts while they need no bearer", () => {
    expect(authenticate(call(), here)?.scopes).toEqual(["look", "say", "decide", "alerts", "changes"]);
    expect(authenticate(call({ from: "::ffff:127.0.0.1" }), guarded)?.scopes).toEqual([
      "look",
      "say",
      "decide",
      "changes",
    ]);
    expect(authenticate(call(), told)?.scopes).toEqual(["look", "say", "decide", "alerts"]);
  });

  test.each([
    ["from elsewhere", call({ from: "10.0.0.9" }), here],
    ["behind a proxy", call({ headers: { "x-forwarded-for": "1.2.3.4" } }), here],
    ["where the page is published", call(), { ...here, publicUrl: "https://ops.example" }],
  ])("is nobody %s", (_, caller, config) => {
    expect(authenticate(caller, config)).toBeNull();
  });
});

test.each([
  ["an operator", 'people: {jon: {role: operator, identities: ["console:local"]}}', true],
  ["a viewer", 'people: {vic: {role: viewer, identities: ["console:local"]}}', false],
  ["nobody of the policy", 'people: {jon: {role: operator, identities: ["console:jon"]}}', false],
  ["under no policy", null, false],
])("the user of this machine who is %s", (_, text, may) => {
  const policy = text === null ? denyAllPolicy("there is no policy") : parsePolicy(text, "policy.yaml");
  expect(authenticateUnder(call(), here, policy)?.scopes.includes("changes")).toBe(may);
});

describe("whoever sends the bearer of the alerts", () => {
  test("may tell of alerts from anywhere, and nothing else", () => {
    for (const from of ["10.0.0.9", "127.0.0.1"])
      expect(authenticate(call({ from, headers: bearer(token) }), guarded)).toMatchObject({
        identity: "key:alertmanager",
        scopes: ["alerts"],
      });
  });

  test.each(["", "wrong", `${token}x`, token.slice(1), token.toUpperCase()])("is nobody with %j", (sent) => {
    expect(authenticate(call({ from: "10.0.0.9", headers: bearer(sent) }), guarded)).toBeNull();
    expect(authenticate(call({ headers: bearer(sent) }), guarded)?.scopes).not.toContain("alerts");
  });

  test("is nobody where no bearer is configured", () => {
    expect(authenticate(call({ from: "10.0.0.9", headers: bearer("") }), here)).toBeNull();
    expect(authenticate(call({ from: "10.0.0.9", headers: bearer("null") }), here)).toBeNull();
  });
});

test("whoever sends the bearer of the changes may tell of changes from anywhere, and nothing else", () => {
  const sent = bearer(told.changesToken);
  expect(authenticate(call({ from: "10.0.0.9", headers: sent }), told)).toMatchObject({
    identity: "key:ci",
    scopes: ["changes"],
  });
  expect(authenticate(call({ from: "10.0.0.9", headers: bearer(`${told.changesToken}x`) }), told)).toBeNull();
  expect(authenticate(call({ from: "10.0.0.9", headers: sent }), guarded)).toBeNull();
});
