import type { Card } from "./card.ts";

export type SurfaceName = "slack" | "discord" | "console";

/** Where something was said. `channel` and `thread` are the vendor's ids. */
export type Place = { surface: SurfaceName; channel: string; thread: string | null };

/**
 * Who said it, as the vendor vouches for it. `identity` is `slack:TEAM/USER`, `discord:GUILD/USER`, `console:NAME`
 * or `key:ID`; `groups` are `slack:TEAM/GROUP` and `discord:GUILD/ROLE`. A guest, or somebody of another
 * organisation in a shared channel, is an outsider: may look, may never propose or decide.
 */
export type Speaker = {
  identity: string;
  name: string;
  groups: readonly string[];
  outsider: boolean;
  /** Why the vendor does not vouch for an outsider, for the refusal. */
  because?: string;
};

/** `key` is the vendor's delivery id: the same key is never acted on twice, across restarts. */
export type IncomingMessage = { key: string; place: Place; speaker: Speaker; text: string; sentAtMs: number };
export type IncomingClick = { key: string; place: Place; speaker: Speaker; token: string };

/** The answer to a message or click. The surface posts it and then tells where it stands. */
export type Answer = {
  card: Card;
  /** Only the speaker may see it (refusals). */
  private: boolean;
  /** To be called with the vendor's id of the posted message, so that the card can be edited later. */
  delivered(message: string): Promise<void>;
  /** To be called when it could not be posted: a public answer is posted there later, a private one is dropped. */
  undelivered(): Promise<void>;
};

/** What a surface calls. Null: nothing to say (a duplicate delivery, or the clicked card itself was edited). */
export type Listener = {
  message(incoming: IncomingMessage): Promise<Answer | null>;
  click(incoming: IncomingClick): Promise<Answer | null>;
  /** Persists a delivery before the vendor is told that it arrived; false when it is known already. */
  received(key: string, body: unknown): Promise<boolean>;
};

/** One chat product, or the console. `post` answers the vendor's id of the message. */
export type Surface = {
  name: SurfaceName;
  start(): Promise<void>;
  stop(): Promise<void>;
  post(place: Place, card: Card): Promise<string>;
  edit(place: Place, message: string, card: Card): Promise<void>;
  state(): { connected: boolean; detail: string };
};

/** Reads the PNG behind a card's image, for surfaces that upload it. */
export type ReadChart = (url: string) => Promise<Buffer | null>;
