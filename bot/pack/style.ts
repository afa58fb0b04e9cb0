/** Read on a phone in the dark and printed for a review: the console's colours, no font but the reader's own. */
export const style = `
:root { color-scheme: light dark; --ground: #f4f6f8; --surface: #fff; --sunken: #eef1f4; --line: #d5dbe1;
  --text: #171c22; --muted: #505b67; --ok: #1e6b2e; --warning: #8a4b00; --critical: #b3261e; --info: #0b57d0; }
@media (prefers-color-scheme: dark) { :root { --ground: #0f1419; --surface: #182028; --sunken: #212b35;
  --line: #303c48; --text: #e4e9ee; --muted: #a3afbb; --ok: #86d097; --warning: #f3b766; --critical: #ff9d94;
  --info: #9cc3ff; } img { filter: brightness(.86); } }
* { box-sizing: border-box; }
body { margin: 0; background: var(--ground); color: var(--text);
  font: 1rem/1.5 system-ui, -apple-system, "Segoe UI", Roboto, sans-serif; overflow-wrap: anywhere; }
main { max-width: 52rem; margin: 0 auto; padding: clamp(.75rem, 3vw, 1.5rem); }
header, section { background: var(--surface); border: 1px solid var(--line); border-radius: .6rem;
  padding: clamp(.75rem, 3vw, 1.25rem); margin-bottom: 1rem; }
header { border-left: .4rem solid var(--info); }
header[data-tone="ok"] { border-left-color: var(--ok); } header[data-tone="ok"] .tone { color: var(--ok); }
header[data-tone="warning"] { border-left-color: var(--warning); } header[data-tone="warning"] .tone { color: var(--warning); }
header[data-tone="critical"] { border-left-color: var(--critical); } header[data-tone="critical"] .tone { color: var(--critical); }
.tone { font-weight: 600; text-transform: capitalize; }
h1 { font-size: 1.5rem; line-height: 1.25; margin: .1rem 0 .4rem; } h2 { font-size: 1.15rem; margin: 0 0 .5rem; }
h3 { font-size: 1rem; margin: 1rem 0 .3rem; } p { margin: .35rem 0; }
.facts, .quiet, time, .why { color: var(--muted); } ul.facts { margin: 0; padding-left: 1.1rem; color: inherit; }
img { display: block; width: 100%; height: auto; border-radius: .4rem; margin-top: .5rem; }
.timeline { list-style: none; margin: 0; padding: 0; }
.timeline li { display: grid; grid-template-columns: 9.5rem 1fr; gap: 0 1rem; padding: .35rem 0; border-top: 1px solid var(--line); }
.timeline li:first-child { border-top: 0; } .timeline p { margin: 0; }
time { font-variant-numeric: tabular-nums; white-space: nowrap; }
.refused b::after { content: " (refused)"; color: var(--warning); font-weight: 400; }
.step, .entry { border-top: 1px solid var(--line); padding: .4rem 0; }
h2 + .step, h3 + .step { border-top: 0; }
dl { display: grid; grid-template-columns: minmax(6rem, max-content) 1fr; gap: .15rem 1rem; margin: .35rem 0; }
dt { color: var(--muted); } dd { margin: 0; }
pre { background: var(--sunken); border-radius: .4rem; padding: .6rem; margin: .35rem 0; white-space: pre-wrap;
  font: .875rem/1.45 ui-monospace, SFMono-Regular, Menlo, Consolas, monospace; max-height: 24rem; overflow: auto; }
code, .hash { font: .8125rem/1.45 ui-monospace, SFMono-Regular, Menlo, Consolas, monospace; }
.hash { color: var(--muted); } .sound { color: var(--ok); } .broken { color: var(--critical); font-weight: 600; }
summary { cursor: pointer; padding: .5rem 0; }
@media (max-width: 34rem) { .timeline li { grid-template-columns: 1fr; } dl { grid-template-columns: 1fr; } dd { margin-bottom: .3rem; } }
@media print { body { background: #fff; } header, section { border-color: #bbb; } pre { max-height: none; } .step, .entry { break-inside: avoid; } }
`;
