import type { Plan, Step } from "../../remediation/plan.ts";
import { titleOf, verdictFields, verdictSentence } from "../cards/plan-parts.ts";
import { wallClock } from "../cards/scene.ts";
import { plural } from "../format.ts";
import { type Html, html } from "./html.ts";
import type { Drawing } from "./page.ts";

/** One plan: what it would do, who decided and why, each step with what it said and what proves it, and the verdict. */
export function planSection(plan: Plan, drawing: Drawing): Html {
  const { clean } = drawing;
  const asked = plan.rule === null ? `asked for by ${plan.requester.name}` : `proposed by rule ${plan.rule}`;
  const facts = [plan.id, asked, `risk ${plan.risk}`, plan.status.replace("_", " "), plan.cloud];
  return html`<section>
    <h2 dir="auto">${clean.text(titleOf(plan))}</h2>
    <p class="facts">${clean.text(facts.join(" · "))}</p>
    ${[...plan.blastRadius, ...plan.notes].map((line) => html`<p dir="auto">${clean.text(line)}</p>`)}
    <h3>Decisions</h3>
    ${decisions(plan, drawing)}
    <h3>Steps</h3>
    ${plan.steps.map((step) => stepBlock(step, drawing))} ${verdict(plan, drawing)}
    <p class="hash">digest ${clean.text(plan.digest)}</p>
  </section>`;
}

function decisions({ decisions: made, approvalsNeeded }: Plan, { scene, clean }: Drawing): Html {
  if (made.length === 0)
    return html`<p class="quiet">Nobody decided; ${plural(approvalsNeeded, "approval")} needed.</p>`;
  const words = { approve: "approved", deny: "denied", cancel: "cancelled" };
  return html`<ul class="facts">
    ${made.map(
      ({ name, person, decision, at, surface, reason }) =>
        html`<li dir="auto">
          ${clean.text(
            `${name} (${person}) ${words[decision]} on ${surface}, ${wallClock(scene, at)}${reason === null ? "" : `: "${reason}"`}`,
          )}
        </li>`,
    )}
  </ul>`;
}

function stepBlock(step: Step, { scene, clean }: Drawing): Html {
  const { output = null, ...evidence } = step.evidence;
  const asked = Object.entries(step.params).map(([name, value]) => `${name}=${value}`);
  const times = [
    step.calledAt === null ? "" : `called ${wallClock(scene, step.calledAt)}`,
    step.finishedAt === null ? "" : `ended ${wallClock(scene, step.finishedAt)}`,
    step.reference === null ? "" : `the cloud calls it ${step.reference}`,
  ].filter((part) => part !== "");
  return html`<div class="step">
    <p>
      <b>${step.n}. ${clean.text(step.action)}</b> ${clean.text(
        [`on ${step.target} (${step.instanceId})`, ...asked].join(", "),
      )}:
      ${step.state.replace("_", " ")}
    </p>
    ${times.length === 0 ? null : html`<p class="quiet">${clean.text(times.join(" · "))}</p>`}
    ${step.message === null ? null : html`<p dir="auto">${clean.text(step.message)}</p>`}
    ${pairs(clean.pairs(evidence))}
    ${
      output === null
        ? null
        : html`<p class="quiet">What it printed:</p>
            <pre dir="auto">${clean.text(output)}</pre>`
    }
  </div>`;
}

function verdict(plan: Plan, { scene, clean }: Drawing): Html {
  if (plan.verdict === null)
    return html`<h3>Verdict</h3>
      <p class="quiet">There is none.</p>`;
  return html`<h3>Verdict: ${plan.verdict}</h3>
    <p dir="auto">${clean.text(verdictSentence(plan, scene))}</p>
    ${pairs(verdictFields(plan, scene).map(({ label, value }) => [clean.text(label), clean.text(value)]))}`;
}

/** What raised it, in the words of whoever did. */
export function alertsTable({ pack: { incident }, clean }: Drawing): Html {
  const from = {
    anomaly: "own detection",
    alert: "alert",
    predicted_breach: "forecast",
    failure_risk: "failure risk",
    person: "person",
  };
  return html`<section>
    <h2>Alerts</h2>
    ${incident.alerts.map(({ title, summary, cause, severity, status, detail }) => {
      const { labels } = (detail.alertmanager ?? {}) as { labels?: Record<string, string> };
      return html`<div class="step">
        <p dir="auto"><b>${clean.text(title)}</b></p>
        <p class="quiet">${clean.text([from[cause], severity, status].join(" · "))}</p>
        ${summary === "" ? null : html`<p dir="auto">${clean.text(summary)}</p>`}
        ${labels === undefined ? null : pairs(clean.pairs(labels))}
      </div>`;
    })}
  </section>`;
}

function pairs(given: readonly (readonly [name: string, value: string])[]): Html | null {
  if (given.length === 0) return null;
  return html`<dl>
    ${given.map(
      ([name, value]) =>
        html`<dt dir="auto">${name}</dt>
          <dd dir="auto">${value}</dd>`,
    )}
  </dl>`;
}
