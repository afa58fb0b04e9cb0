import { createHash, timingSafeEqual } from "node:crypto";
import type { Config } from "../../infra/config.ts";
import { isLoopback } from "../../infra/config-texts.ts";
import { may, personOf } from "../../remediation/people.ts";
import type { Policy } from "../../remediation/policy.ts";
import type { Caller, Principal } from "../http/deps.ts";

type Access = Pick<Config, "host" | "publicUrl" | "alertsToken" | "changesToken">;

/** Who calls the HTTP API; null: nobody that is known. */
export function authenticate(caller: Caller, config: Access, policy: Policy): Principal | null {
  const { alertsToken, changesToken } = config;
  return (
    bearer(alertsToken, caller, { identity: "key:alertmanager", name: "Alertmanager", scopes: ["alerts"] }) ??
    bearer(changesToken, caller, { identity: "key:ci", name: "CI", scopes: ["changes"] }) ??
    localPrincipal(config, caller, policy)
  );
}

/** Whoever sends a configured bearer may do what it is for, from wherever, and nothing else. */
function bearer(
  token: string | null,
  { headers }: Caller,
  who: Pick<Principal, "identity" | "name" | "scopes">,
): Principal | null {
  const sent = /^Bearer (.+)$/i.exec(headers.authorization ?? "")?.[1];
  if (token === null || sent === undefined || !sameSecret(sent, token)) return null;
  return { ...who, groups: [] };
}

/** Compared by their hashes: neither length nor place of a difference shows in the time it takes. */
function sameSecret(one: string, other: string): boolean {
  const hash = (text: string) => createHash("sha256").update(text).digest();
  return timingSafeEqual(hash(one), hash(other));
}

/**
 * The user of this machine is the one principal; from anywhere else nobody is. Behind a reverse proxy every visitor
 * comes from loopback, so a forwarded request, or a page that is published at all, has no principal either. Where alerts
 * or changes need a bearer, being here is not enough for them; without one, changes still want a person whom the policy
 * lets tell of them. Alerts do not: an Alertmanager on this machine is no person.
 */
function localPrincipal(
  { host, publicUrl, alertsToken, changesToken }: Access,
  { remoteAddress, headers }: Caller,
  policy: Policy,
): Principal | null {
  const peer = remoteAddress.replace(/^::ffff:/, "");
  if (!onlyThisMachine({ host, publicUrl }) || !isLoopback(peer)) return null;
  const forwarded = ["forwarded", "x-forwarded-for", "x-forwarded-host", "x-real-ip"];
  if (forwarded.some((name) => headers[name] !== undefined)) return null;
  const user = { identity: "console:local", name: "local", groups: [] };
  const tellsChanges = may(personOf(policy, { ...user, outsider: false }), "tell of changes", policy).ok;
  return {
    ...user,
    scopes: [
      "look",
      "say",
      "decide",
      ...(alertsToken === null ? (["alerts"] as const) : []),
      ...(changesToken === null && tellsChanges ? (["changes"] as const) : []),
    ],
  };
}

/** Whether nobody but this machine's user can reach the page, by the configuration. */
export function onlyThisMachine({ host, publicUrl }: Pick<Config, "host" | "publicUrl">): boolean {
  const published = publicUrl === null ? host : new URL(publicUrl).hostname.replace(/^\[|\]$/g, "");
  return isLoopback(host) && isLoopback(published);
}
