import { createHash, timingSafeEqual } from "node:crypto";
import type { Config } from "../../infra/config.ts";
import { isLoopback } from "../../infra/config-texts.ts";
import type { Caller, Principal } from "../http/deps.ts";

/** Who calls the HTTP API; null: nobody that is known. */
export function authenticate(
  caller: Caller,
  config: Pick<Config, "host" | "publicUrl" | "alertsToken">,
): Principal | null {
  return alertmanager(config, caller) ?? localPrincipal(config, caller);
}

/** Whoever sends the configured bearer may tell of alerts, from wherever, and nothing else. */
function alertmanager({ alertsToken }: Pick<Config, "alertsToken">, { headers }: Caller): Principal | null {
  const sent = /^Bearer (.+)$/i.exec(headers.authorization ?? "")?.[1];
  if (alertsToken === null || sent === undefined || !sameSecret(sent, alertsToken)) return null;
  return { identity: "key:alertmanager", name: "Alertmanager", groups: [], scopes: ["alerts"] };
}

/** Compared by their hashes: neither length nor place of a difference shows in the time it takes. */
function sameSecret(one: string, other: string): boolean {
  const hash = (text: string) => createHash("sha256").update(text).digest();
  return timingSafeEqual(hash(one), hash(other));
}

/**
 * The user of this machine is the one principal; from anywhere else nobody is. Behind a reverse proxy every visitor
 * comes from loopback, so a forwarded request, or a page that is published at all, has no principal either. Where alerts
 * need a bearer, being here is not enough for them.
 */
function localPrincipal(
  { host, publicUrl, alertsToken }: Pick<Config, "host" | "publicUrl" | "alertsToken">,
  { remoteAddress, headers }: Caller,
): Principal | null {
  const peer = remoteAddress.replace(/^::ffff:/, "");
  if (!onlyThisMachine({ host, publicUrl }) || !isLoopback(peer)) return null;
  const forwarded = ["forwarded", "x-forwarded-for", "x-forwarded-host", "x-real-ip"];
  if (forwarded.some((name) => headers[name] !== undefined)) return null;
  const scopes: Principal["scopes"] = ["look", "say", "decide"];
  return {
    identity: "console:local",
    name: "local",
    groups: [],
    scopes: alertsToken === null ? [...scopes, "alerts"] : scopes,
  };
}

/** Whether nobody but this machine's user can reach the page, by the configuration. */
export function onlyThisMachine({ host, publicUrl }: Pick<Config, "host" | "publicUrl">): boolean {
  const published = publicUrl === null ? host : new URL(publicUrl).hostname.replace(/^\[|\]$/g, "");
  return isLoopback(host) && isLoopback(published);
}
