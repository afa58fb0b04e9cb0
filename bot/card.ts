import type { Intent } from "../intents/intent.ts";
import type { ChartSpec } from "./chart-spec.ts";

export type Tone = "ok" | "info" | "warning" | "critical" | "refused";

export type ButtonStyle = "primary" | "default" | "danger";

/** The neutral card: what every surface renders and what the HTTP API answers. */
export type Card = {
  id: string;
  title: string;
  tone: Tone;
  text: string;
  fields: { label: string; value: string }[];
  /** `url` is a path of this bot (`/charts/ID.png`); surfaces upload the picture itself. */
  image: { url: string; alt: string } | null;
  buttons: { token: string; label: string; style: ButtonStyle }[];
  footer: string;
  /** `inc-12` and `plan-17`, where the card is about one. */
  incident: string | null;
  plan: string | null;
  /**
   * Identities of people of the policy (`slack:TEAM/USER`) whom the card addresses, so that their chat tells them. Only
   * this field ever becomes a mention; no text does. Absent on every card that addresses nobody.
   */
  mentions?: string[];
};

/** A card before it is posted: buttons still say what they mean, the chart is not drawn yet. */
export type CardDraft = Omit<Card, "id" | "buttons" | "image"> & {
  buttons: { label: string; style: ButtonStyle; intent: Intent }[];
  chart: ChartSpec | null;
};

/** A draft from the parts that differ from an empty card. */
export function draft(parts: Partial<CardDraft> & Pick<CardDraft, "title">): CardDraft {
  return {
    tone: "info",
    text: "",
    fields: [],
    buttons: [],
    chart: null,
    footer: "",
    incident: null,
    plan: null,
    ...parts,
  };
}
