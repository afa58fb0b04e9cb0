import type { Policy } from "../../remediation/policy.ts";
import type { Incident } from "../../remediation/incident.ts";
import { footer, type Scene } from "../cards/scene.ts";
import { duration, plural } from "../format.ts";
import { planStory, tellEntry, type Telling } from "../history-words.ts";
import { alertsTable, planSection } from "./details.ts";
import type { Pack } from "./gather.ts";
import { type Clean, createClean, type Html, html } from "./html.ts";
import { style } from "./style.ts";

/** A moment with its date and seconds: a pack is read weeks later. */
function exactTime(scene: Scene, atMs: number): string {
  return new Intl.DateTimeFormat("en-GB", {
    timeZone: scene.timeZone,
    day: "numeric",
    month: "short",
    hour: "2-digit",
    minute: "2-digit",
    second: "2-digit",
  })
    .format(atMs)
    .replace(",", "");
}

export type Drawing = { pack: Pack; scene: Scene; clean: Clean; telling: Telling };

/**
 * An incident's pack as one HTML file: nothing is loaded from anywhere, nothing in it can run, secrets are left out,
 * and all of other people's words are shown as the data they are.
 */
export function packPage(
  pack: Pack,
  { scene, policy, secrets }: { scene: Scene; policy: Pick<Policy, "people">; secrets: readonly string[] },
): string {
  const telling = {
    scene,
    policy,
    plans: new Map(pack.plans.map((plan) => [plan.id, plan])),
    // What is above usual now may be another metric than the one it was opened for: its own name tells that.
    alerts: new Map(
      pack.incident.alerts.map(({ key, title }) => [
        key,
        pack.incident.alerts.length === 1 ? pack.incident.title : title,
      ]),
    ),
  };
  const drawing: Drawing = { pack, scene, clean: createClean(secrets), telling };
  const title = drawing.clean.text(`${pack.incident.id}: ${pack.incident.title}`);
  const page = html`<!doctype html>
    <html lang="en">
      <head>
        <meta charset="utf-8" />
        <meta
          http-equiv="Content-Security-Policy"
          content="default-src 'none'; img-src data:; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'"
        />
        <meta name="viewport" content="width=device-width, initial-scale=1" />
        <meta name="referrer" content="no-referrer" />
        <title>${title}</title>
        <style>
          ${{ html: style }}
        </style>
      </head>
      <body>
        <main>
          ${heading(drawing)} ${story(drawing)} ${charts(drawing)} ${timeline(drawing)}
          ${pack.plans.map((plan) => planSection(plan, drawing))} ${alertsTable(drawing)} ${record(drawing)}
        </main>
      </body>
    </html> `;
  return page.html;
}

function heading({ pack: { incident, check }, scene, clean }: Drawing): Html {
  const facts = [incident.id, incident.target, incident.severity, standing(incident, scene)];
  return html`<header data-tone="${toneOf(incident)}">
    <p class="tone">${incident.status === "resolved" ? "Resolved" : incident.status}</p>
    <h1 dir="auto">${clean.text(incident.title)}</h1>
    <p class="facts">${clean.text(facts.join(" · "))}</p>
    ${check.ok ? null : html`<p class="broken">Careful: the record of it was tampered with (entry ${check.seq}).</p>`}
  </header>`;
}

function toneOf({ status, severity }: Incident): string {
  return status === "resolved" ? "ok" : severity;
}

function standing({ status, openedAt, resolvedAt }: Incident, scene: Scene): string {
  const since = `since ${exactTime(scene, openedAt)} ${scene.timeZone}`;
  if (resolvedAt === null) return `${status}, ${since}`;
  return `${since}, resolved after ${duration((resolvedAt - openedAt) / 1_000)}`;
}

/** What somebody wants to know who was just woken: what it was, what was done, what came of it. */
function story({ pack: { incident, plans }, scene, clean }: Drawing): Html {
  const taken = incident.acknowledgedBy === null ? "" : `Taken by ${incident.acknowledgedBy}.`;
  const end =
    incident.resolution === null
      ? "It is not resolved."
      : `Resolved by ${incident.resolvedBy === "system" ? "the bot" : (incident.resolvedBy ?? "nobody")}: ${incident.resolution}.`;
  const lines = [incident.summary, taken, ...plans.map((plan) => planStory(plan, scene)), end];
  return html`<section>
    <h2>In short</h2>
    ${lines.filter((line) => line !== "").map((line) => html`<p dir="auto">${clean.text(line)}</p>`)}
  </section>`;
}

function charts({ pack, clean }: Drawing): Html {
  if (pack.charts.length === 0)
    return html`<section>
      <h2>Metrics</h2>
      <p class="quiet">None were collected of that time.</p>
    </section>`;
  return html`<section>
    <h2>Metrics</h2>
    ${pack.charts.map(
      ({ png, alt }) =>
        html`<img alt="${clean.text(alt)}" src="data:image/png;base64,${png.toString("base64")}" />`,
    )}
  </section>`;
}

function timeline({ pack, scene, clean, telling }: Drawing): Html {
  return html`<section>
    <h2>Who did what</h2>
    ${pack.more ? html`<p class="quiet">Only the newest ${pack.entries.length} entries are shown.</p>` : null}
    <ol class="timeline">
      ${pack.entries.map((entry) => {
        const { who, did, why, refused } = tellEntry(entry, telling);
        return html`<li${refused ? html` class="refused"` : null}><time>${exactTime(scene, entry.at)}</time>
<div><p dir="auto"><b>${clean.text(who)}</b> ${clean.text(did)}</p>${
          why === "" ? null : html`<p class="why" dir="auto">${clean.text(why)}</p>`
        }</div></li>`;
      })}
    </ol>
  </section>`;
}

/** The audit rows themselves, with what the chain says of them. */
function record({ pack: { entries, check, anchored }, scene, clean }: Drawing): Html {
  const verdict = check.ok
    ? `The whole chain was checked: ${plural(check.entries, "entry", "entries")}, none changed, ${anchored ? "none missing" : "and no anchor was found: a truncated end cannot be told"}.`
    : `The chain is broken at entry ${check.seq}: ${check.problem}`;
  return html`<section>
    <h2>The record</h2>
    <p class="${check.ok ? "sound" : "broken"}">${clean.text(verdict)}</p>
    <p class="quiet">
      Made ${exactTime(scene, scene.nowMs)} ${scene.timeZone}. Check it against the store with
      <code>smartcloudops audit verify${check.ok ? ` --head ${check.head.seq}:${check.head.hash}` : ""}</code
      >. ${footer(scene)}
    </p>
    <details>
      <summary>${plural(entries.length, "entry", "entries")} of the audit with their seals</summary>
      ${entries.map(
        (entry) =>
          html`<div class="entry">
            <p>
              <b>${entry.seq}</b> ${exactTime(scene, entry.at)}
              <bdi>${clean.text(`${entry.actor}: ${entry.verb} ${entry.subject}`)}</bdi>
            </p>
            <pre dir="auto">${clean.data(entry.detail)}</pre>
            <p class="hash">${entry.hash}</p>
          </div>`,
      )}
    </details>
  </section>`;
}
