import type { FastifyInstance } from "fastify";
import { afterEach, beforeEach, expect, it } from "vitest";
import { openChatWorld, type ChatWorld } from "../../fixtures/fakes/chat-world.ts";
import { memoryAlert } from "../../fixtures/fakes/core.ts";
import { chartId, fakeBot, json } from "../../fixtures/fakes/http-bot.ts";
import type { Config } from "../../infra/config.ts";
import { listAudit } from "../../remediation/audit.ts";
import { raiseAlert } from "../../remediation/incident.ts";
import { getPlan } from "../../remediation/plans.ts";
import { parsePolicy } from "../../remediation/policy.ts";
import { proposeForIncident } from "../../remediation/propose.ts";
import { httpDeps } from "../setup/http-deps.ts";
import { routeTable } from "./routes.ts";
import { createHttpServer } from "./server.ts";
import { createStreams } from "./updates.ts";

/** Every route by every kind of caller, over the real gate, the real policy and the real core. */

const bearers = { alertsToken: "the-bearer-of-the-alerts", changesToken: "the-bearer-of-the-changes" };
const none = { alertsToken: null, changesToken: null };

/** Who calls: the role of the machine's user in the policy, the configured bearers, and what the request brings. */
const callers = {
  stranger: { role: "approver", from: "10.0.0.9", tokens: none, sends: null },
  "wrong token": { role: "approver", from: "10.0.0.9", tokens: bearers, sends: "the-bearer-of-nothing" },
  "alerts token": { role: "viewer", from: "10.0.0.9", tokens: bearers, sends: bearers.alertsToken },
  "changes token": { role: "viewer", from: "10.0.0.9", tokens: bearers, sends: bearers.changesToken },
  unlisted: { role: null, from: "127.0.0.1", tokens: none, sends: null },
  viewer: { role: "viewer", from: "127.0.0.1", tokens: none, sends: null },
  operator: { role: "operator", from: "127.0.0.1", tokens: none, sends: null },
  approver: { role: "approver", from: "127.0.0.1", tokens: none, sends: null },
} as const;
type Caller = keyof typeof callers;

const people: Caller[] = ["unlisted", "viewer", "operator", "approver"];
const fromOperator: Caller[] = ["operator", "approver"];
const approvers: Caller[] = ["approver"];

/** What each route that changes something is asked, who of the callers it obeys, and what shows that it did. */
const writing: Record<string, { body: object; obeys: Caller[]; verb: string }> = {
  "POST /query": { body: { query: "pause" }, obeys: fromOperator, verb: "pause" },
  "POST /chatops/smart-query": { body: { query: "pause" }, obeys: fromOperator, verb: "pause" },
  "POST /buttons": { body: { token: "APPROVE" }, obeys: approvers, verb: "approve" },
  // Without a bearer whoever is on this machine is taken for its Alertmanager, which has no place in a policy.
  "POST /alerts": { body: { alerts: [] }, obeys: ["alerts token", ...people], verb: "alerts" },
  "POST /changes": {
    body: { target: "web-1", kind: "deploy", title: "4f2c" },
    obeys: ["changes token", ...fromOperator],
    verb: "change",
  },
  "POST /plans/:id/approve": { body: { digest: "DIGEST" }, obeys: approvers, verb: "approve" },
  "POST /plans/:id/deny": { body: { reason: "no" }, obeys: fromOperator, verb: "deny" },
  "POST /plans/:id/cancel": { body: {}, obeys: fromOperator, verb: "cancel" },
};

const anybody = ["GET /health", "GET /ready"];

let chat: ChatWorld;
let app: FastifyInstance;
let stored: number;
let plan: { id: string; digest: string; token: string };
beforeEach(() => {
  stored = 0;
});
afterEach(async () => {
  await app.close();
  await chat.close();
});

/** A bot with one plan that waits, whose card stands on the console. */
async function open(caller: Caller): Promise<void> {
  const { role, tokens } = callers[caller];
  const local = role === null ? "" : `me: {role: ${role}, identities: ["console:local"]}, `;
  chat = await openChatWorld(
    parsePolicy(
      `people: {${local}jon: {role: approver, identities: ["slack:T1/U4"]}}\nrequester_may_approve: true`,
      "policy.yaml",
    ),
  );
  const { bot, talk, conversations, world } = chat;
  const fake = fakeBot(new URL("file:///nothing/is/built/here/"));
  const real = httpDeps({
    bot,
    talk,
    conversations,
    config: { host: "127.0.0.1", publicUrl: null, secrets: [], ...tokens } as unknown as Config,
    intake: {
      accept: async () => {
        stored += 1;
        return { status: "stored" };
      },
    },
    updates: fake.updates,
    pack: fake.deps.pack,
    scrape: fake.deps.metrics,
    consoleFiles: fake.deps.consoleFiles,
    ready: fake.deps.ready,
    onError: (error) => void chat.problems.push(error),
  });
  const { now, authenticate, query, click, decide, alerts, change } = real;
  app = await createHttpServer({ ...fake.deps, now, authenticate, query, click, decide, alerts, change });
  const { incident } = await raiseAlert(memoryAlert(), world.ctx);
  const proposal = await proposeForIncident(incident, world.ctx);
  if (!proposal?.ok) throw new Error(JSON.stringify(proposal));
  await chat.refresher.announce(incident.id, chat.homes);
  await chat.settled();
  const approve = chat.chats.console.shown[0]?.buttons.find(({ label }) => label.startsWith("Approve"));
  plan = { id: proposal.plan.id, digest: proposal.plan.digest, token: approve?.token ?? "" };
}

async function request(caller: Caller, method: "GET" | "POST", url: string, body: object = {}) {
  const { from, sends } = callers[caller];
  const filled = JSON.stringify(body).replace("APPROVE", plan.token).replace("DIGEST", plan.digest);
  return app.inject({
    method,
    url: url.replace("/plans/:id", `/plans/${plan.id}`).replace(":id", chartId).replace("*", "card-text.js"),
    remoteAddress: from,
    headers: {
      ...(sends === null ? {} : { authorization: `Bearer ${sends}` }),
      ...(method === "GET" ? {} : json),
    },
    ...(method === "GET" ? {} : { payload: filled }),
  });
}

/** What was done, refusals left out. */
async function done(): Promise<string[]> {
  const entries = await listAudit({ limit: 200 }, chat.world.ctx);
  return entries
    .filter(({ verb, actor }) => !verb.startsWith("refused ") && actor !== "system")
    .map(({ verb }) => verb)
    .concat(Array<string>(stored).fill("alerts"));
}

const names = Object.keys(callers) as Caller[];

it("the table names every route that there is", async () => {
  await open("approver");
  const { deps } = fakeBot(new URL("file:///nothing/is/built/here/"));
  const routes = routeTable(deps, createStreams(deps)).map(({ method, url }) => `${method} ${url}`);
  expect(routes.filter((route) => !route.startsWith("GET "))).toEqual(Object.keys(writing));
});

it.each(names)("a caller with the standing %s reads what it may, and nothing else", async (caller) => {
  await open(caller);
  const { deps } = fakeBot(new URL("file:///nothing/is/built/here/"));
  const gets = routeTable(deps, createStreams(deps)).filter(({ method }) => method === "GET");
  const token = caller === "alerts token" || caller === "changes token";
  const turnedAway = people.includes(caller) ? null : token ? 403 : 401;
  for (const { url } of gets) {
    if (url === "/updates" && turnedAway === null) continue;
    const { statusCode } = await request(caller, "GET", url);
    const expected = anybody.includes(`GET ${url}`) ? null : turnedAway;
    expect([url, [401, 403].includes(statusCode) ? statusCode : null]).toEqual([url, expected]);
  }
  expect(await done()).toEqual([]);
});

const table = Object.keys(writing).flatMap((route) => names.map((caller) => ({ route, caller })));
it.each(table)("$route by $caller does only what the table says", async ({ route, caller }) => {
  await open(caller);
  const row = writing[route];
  if (row === undefined) throw new Error(`no row of ${route}`);
  const answer = await request(caller, "POST", route.slice("POST ".length), row.body);
  await chat.settled();
  const verbs = await done();
  if (row.obeys.includes(caller)) {
    expect([answer.statusCode < 300, verbs]).toEqual([true, expect.arrayContaining([row.verb])]);
    return;
  }
  expect(verbs).toEqual([]);
  expect((await getPlan(plan.id, chat.world.ctx))?.status).toBe("proposed");
  // A known person is answered by a card that refuses; everybody else is turned away at the door.
  const hears = /query|buttons/.test(route) && people.includes(caller);
  expect(hears ? [200] : [401, 403]).toContain(answer.statusCode);
});
