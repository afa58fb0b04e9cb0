import type { Incident } from "../../remediation/incident.ts";
import type { OutsideState } from "../../remediation/silences.ts";
import { plural } from "../format.ts";
import { type Scene, wallClock } from "./scene.ts";

/** How Alertmanager stands to an incident: silent too, not yet, or not at all and what to do; "" when nothing is to say. */
export function outsideSentence(
  { nameless, silences }: OutsideState,
  incident: Pick<Incident, "id" | "status">,
  scene: Scene,
): string {
  const inState = (state: string) => silences.filter((silence) => silence.state === state);
  const [refused] = inState("refused");
  const [failing] = inState("pending").filter(({ problem }) => problem !== null);
  const [lasting] = inState("ending").filter(({ problem }) => problem !== null);
  if (lasting !== undefined)
    return `Alertmanager still silences it until ${wallClock(scene, lasting.ends_at)} (${lasting.problem}); I keep trying to end that.`;
  if (incident.status !== "silenced") return "";
  if (refused !== undefined)
    return `It is silenced here only: Alertmanager could not be told (${refused.problem}). Silence it there by hand, or say "silence ${incident.id}" to try again.`;
  if (failing !== undefined)
    return `It is silenced here; Alertmanager could not be told yet (${failing.problem}), I keep trying.`;
  if (nameless > 0)
    return `It is silenced here only: ${plural(nameless, "alert")} came without labels that Alertmanager could be told. Silence it there by hand.`;
  const active = inState("active").length;
  if (active === 0) return "";
  return `Alertmanager is silent about it too, also about its end: say "resolve ${incident.id}" when it is over.`;
}
