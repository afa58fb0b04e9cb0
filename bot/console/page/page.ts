import { press, say } from "./ask.ts";
import { createComposer } from "./composer.ts";
import { byId } from "./elements.ts";
import { createLog } from "./log.ts";
import { listen, type ConnectionState, type PostedCard } from "./updates.ts";

const stateWords: Record<ConnectionState, string> = {
  connecting: "Connecting",
  connected: "Connected",
  reconnecting: "Reconnecting",
};

const name = document.title;
const connection = byId("connection", HTMLElement);
let unseen = 0;

const log = createLog((token) => void decide(token));
const composer = createComposer((text) => void send(text));

async function decide(token: string): Promise<void> {
  const asked = log.asking();
  log.busy(token, true);
  const answer = await press(token);
  log.busy(token, false);
  if ("card" in answer) log.answered(answer.card, asked, Date.now());
  else log.problem(answer.problem);
}

async function send(text: string): Promise<void> {
  const asked = log.asking();
  const settled = log.mine(text, Date.now());
  const answer = await say(text);
  settled("card" in answer);
  if ("card" in answer) {
    log.answered(answer.card, asked, Date.now());
  } else {
    composer.restore(text);
    log.problem(answer.problem);
  }
}

listen({
  state(state) {
    connection.dataset.state = state;
    if (connection.textContent !== stateWords[state]) connection.textContent = stateWords[state];
    if (state === "connected") log.connected();
  },
  hello: (cards) => log.hello(cards),
  posted(posted) {
    if (log.posted(posted)) badge(posted);
  },
});

setInterval(() => log.refresh(Date.now()), 15_000);
document.addEventListener("visibilitychange", () => {
  if (document.hidden) return;
  unseen = 0;
  document.title = name;
  log.refresh(Date.now());
});

/** Bad news while the page is in the background shows in its tab. */
function badge({ card }: PostedCard): void {
  if (!document.hidden || card.tone !== "critical") return;
  unseen += 1;
  document.title = `(${unseen}) critical - ${name}`;
}
