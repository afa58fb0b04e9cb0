import type { IncomingHttpHeaders } from "node:http";
import type { Intent, Understood } from "../../intents/intent.ts";
import type { NewChange, Told } from "../../remediation/changes.ts";
import type { Card } from "../card.ts";
import type { MetricsHistory } from "../../infra/database/metrics-history.ts";
import type { ConsoleEvent } from "../console/app.ts";
import type { ModelVersion } from "../model-meta.ts";
import type { LabelAt, LabelWindow } from "../history-labels.ts";

/** What a principal may use of the HTTP API. Whether a person may approve is the policy's business, not HTTP's. */
export type Scope = "look" | "say" | "decide" | "alerts" | "changes";

/** Who calls. `identity` and `groups` are those of the owner (`console:local`, `key:ID`), as in `Speaker`. */
export type Principal = {
  identity: string;
  name: string;
  groups: readonly string[];
  scopes: readonly Scope[];
};

/** What authentication may look at. `remoteAddress` is the peer of the socket, never a forwarded header. */
export type Caller = { remoteAddress: string; headers: IncomingHttpHeaders };

/** What `/query` and `/buttons` answer; `text` is the card in plain words. */
export type Reply = {
  intent: Intent & { confidence: number; source: Understood["source"] };
  card: Card;
  text: string;
};

/** A click on a token that nobody minted. */
export type UnknownToken = { status: "unknown" };

export type DecisionRequest = {
  principal: Principal;
  /** `plan-17` */
  plan: string;
  decision: "approve" | "deny" | "cancel";
  /** Required to approve: what the person read is what will run. */
  digest: string | null;
  reason: string | null;
};

/**
 * `refused`: this person may not (403). `conflict`: wrong digest, expired or already decided (409).
 * Both carry the card that says why; `unknown`: no such plan (404).
 */
export type Decision = ({ status: "accepted" | "refused" | "conflict" } & Reply) | { status: "unknown" };

export type IncidentView = {
  id: string;
  status: string;
  cause: string;
  target: string;
  [more: string]: unknown;
};
export type PlanView = {
  id: string;
  status: string;
  verdict: string | null;
  digest: string;
  [more: string]: unknown;
};
export type AuditView = { at: number; actor: string; verb: string; subject: string; [more: string]: unknown };

/** `ready` is false when the bot cannot do its work; each part says what it is and why. */
export type Readiness = { ready: boolean; parts: Record<string, { ok: boolean; detail: string }> };

/** A card on the console and when it was posted (unix ms). */
export type PostedCard = { card: Card; at: number };

/** The collected history of metrics, and what was going on meanwhile. */
export type HistoryReading = Pick<
  MetricsHistory,
  "source" | "stepSeconds" | "coverage" | "metrics" | "pages" | "stats"
> & { retentionDays: number; labels(window: LabelWindow & { target?: string }): Promise<LabelAt> };

/** Everything the HTTP API needs, as functions given by the composition root. */
export type HttpDeps = {
  /** The address the server listens on and the URL people use, which are the only host names it answers to. */
  host: string;
  publicUrl: string | null;
  /** The folder with the console's compiled `render.js` and `page/`. */
  consoleFiles: URL;
  /** Unix ms. */
  now(): number;
  /** Null: not a principal (401). */
  authenticate(caller: Caller): Principal | null | Promise<Principal | null>;
  query(message: { principal: Principal; text: string; thread: string | null }): Promise<Reply>;
  click(click: { principal: Principal; token: string }): Promise<Reply | UnknownToken>;
  decide(request: DecisionRequest): Promise<Decision>;
  /** The PNG behind `/charts/ID.png`, or null. */
  chart(id: string): Promise<Uint8Array | null>;
  /** The newest cards of the console, oldest first; sent to a page when it connects. */
  recentCards(): Promise<PostedCard[]>;
  /** Calls the listener for every new or edited card until the returned function is called. */
  subscribe(listener: (event: ConsoleEvent) => void): () => void;
  incidents(): Promise<IncidentView[]>;
  /** An incident's pack as one HTML file, or null. */
  pack(incident: string): Promise<string | null>;
  plans(): Promise<PlanView[]>;
  audit(): Promise<AuditView[]>;
  /** Takes a message of Alertmanager's webhook; `full`: it should be sent again. */
  alerts(
    body: unknown,
  ): Promise<{ status: "stored" } | { status: "full" } | { status: "invalid"; reason: string }>;
  /** Stores what somebody tells of a change; `matches` are the targets there are that it is about. */
  change(given: NewChange, principal: Principal): Promise<Told & { matches: string[] }>;
  history: HistoryReading;
  /** Every version of every target's model, newest first. */
  models(): Promise<ModelVersion[]>;
  /** What the intent `status` says, as JSON. */
  status(): Promise<object>;
  ready(): Promise<Readiness>;
  /** The prom-client registry's text and its content type. */
  metrics(): Promise<{ contentType: string; text: string }>;
  /** An exception that became a 500; somebody should look. */
  onError(error: unknown, request: { method: string; route: string }): void;
};
