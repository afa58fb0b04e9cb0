import type { App, ReceiverEvent } from "@slack/bolt";
import { z } from "zod";
import { remember, within, type SurfaceLog } from "../heard.ts";
import { keepConnected } from "../keep-connected.ts";
import type { Listener, ReadChart, Surface } from "../surface.ts";
import { createAnswers } from "./answers.ts";
import { explain } from "./errors.ts";
import { readDelivery, type Install, type SlackHeard } from "./events.ts";
import { createMessages } from "./messages.ts";
import { createPace, patiently } from "./pace.ts";
import { createPeople, type CallSlack } from "./people.ts";
import { createPictures } from "./pictures.ts";
import { buttonActions } from "./render.ts";
import { boltLogger, openSocket } from "./sockets.ts";

const slackApi = "https://slack.com/api/";
/** Two, so that Slack's regular renewal of one leaves no moment in which nobody listens. */
const socketCount = 2;
const callLimitMs = 10_000;
/** `start` waits this long for the first connection; it goes on trying afterwards. */
const startLimitMs = 5_000;

const authAnswer = z.object({
  team_id: z.string(),
  user_id: z.string(),
  user: z.string().nullish(),
  enterprise_id: z.string().nullish(),
});

type Dependencies = {
  botToken: string;
  appToken: string;
  /** Another base of Slack's Web API, as in SLACK_API_URL; null or absent for Slack itself. */
  apiUrl?: string | null;
  listener: Listener;
  readChart: ReadChart;
  log: SurfaceLog;
  /** Unix ms. */
  wall: () => number;
};

/**
 * Slack as a surface: `/ops`, mentions, direct messages and buttons over Socket Mode. `start` never rejects: an
 * outage or a refused token is told by `state()` and tried again; `post` and `edit` throw what to do about it.
 */
export function createSlack(deps: Dependencies): Surface {
  const { botToken, appToken, readChart, log, wall } = deps;
  const apiUrl = deps.apiUrl ?? slackApi;
  const sockets: ReturnType<typeof keepConnected>[] = [];
  const call = callSlack(botToken, apiUrl, log);
  const install = once(async () => readInstall(await call("auth.test", {})));
  const tenant = () =>
    install().then(
      ({ enterpriseId, teamId }) => enterpriseId ?? teamId,
      (error: unknown) => {
        log.warn(
          { reason: explain(error) },
          "Slack did not say where the app is installed; nobody is mentioned",
        );
        return null;
      },
    );
  const messages = createMessages({
    call,
    pace: createPace(),
    pictures: createPictures({ call, readChart, log }),
    tenant,
    log,
  });
  let trouble: () => string | null = () => null;

  async function openApp(): Promise<App> {
    const installed = await install();
    const people = createPeople({
      call: (...args) => patiently(() => call(...args), 3),
      install: installed,
      wall,
      log,
    });
    trouble = people.trouble;
    const answer = createAnswers({ ...deps, apiUrl, messages, install: installed, speaker: people.speaker });
    return createApp({ ...deps, apiUrl, install: installed, answer });
  }
  // Both sockets wait for one answer of auth.test; a refusal is asked again by the next attempt.
  const app = once(openApp);

  async function open() {
    return openSocket({ bolt: await import("@slack/bolt"), app: await app(), appToken, apiUrl, log });
  }

  return {
    name: "slack",
    async start() {
      for (let number = 1; number <= socketCount; number++) {
        sockets.push(keepConnected({ name: `slack ${number}`, open, explain, wall, log }));
      }
      const first = Promise.race(sockets.map((socket) => socket.firstAttempt));
      await within(startLimitMs, first, "Slack's first connection").catch((error: unknown) => {
        log.warn({ reason: String(error) }, "Slack is not connected yet; it is tried again");
      });
    },
    async stop() {
      await Promise.all(sockets.splice(0).map((socket) => socket.stop()));
    },
    post: messages.post,
    edit: messages.edit,
    state() {
      const states = sockets.map((socket) => socket.state());
      const up = states.filter((state) => state.connected).length;
      if (up === 0) return { connected: false, detail: states[0]?.detail ?? "not started" };
      return { connected: true, detail: trouble() ?? `${up} of ${socketCount} connections` };
    },
  };
}

/** Bolt with our listeners. The transport (the sockets now, HTTP later) only has to call its `processEvent`. */
async function createApp(
  deps: Dependencies & {
    apiUrl: string;
    install: Install;
    answer: (slackHeard: SlackHeard) => Promise<void>;
  },
): Promise<App> {
  const { botToken, apiUrl, install, log } = deps;
  const bolt = await import("@slack/bolt");
  const app = new bolt.App({
    receiver: { init: () => undefined, start: async () => undefined, stop: async () => undefined },
    authorize: async () => ({ botToken, botUserId: install.botUserId }),
    ignoreSelf: false,
    convoStore: false,
    logger: boltLogger(bolt, log),
    clientOptions: { slackApiUrl: apiUrl },
  });
  app.processEvent = storedFirst(app, deps);
  const act = (context: Record<string, unknown>) => deps.answer(context.slackHeard as SlackHeard);
  app.event("app_mention", ({ context }) => act(context));
  app.event("message", ({ context }) => act(context));
  app.command(/^\//, async ({ ack, context }) => {
    await ack();
    await act(context);
  });
  app.action(buttonActions, async ({ ack, context }) => {
    await ack();
    await act(context);
  });
  app.error(async (error) =>
    log.error({ error: String(error) }, "a delivery of Slack's could not be handled"),
  );
  return app;
}

/** Puts the store before the acknowledgement, because what is acknowledged is never delivered again. */
function storedFirst(
  app: App,
  { listener, install, wall }: Pick<Dependencies, "listener" | "wall"> & { install: Install },
): App["processEvent"] {
  const process = app.processEvent.bind(app);
  return async (event: ReceiverEvent) => {
    const fallbackKey = String(event.customProperties?.envelopeId ?? "");
    const slackHeard = readDelivery(event.body, install, wall(), fallbackKey);
    if (slackHeard === null || !(await remember(listener, slackHeard.heard))) return event.ack();
    return process({ ...event, customProperties: { slackHeard } });
  };
}

function callSlack(token: string, apiUrl: string, log: SurfaceLog): CallSlack {
  const client = once(async () => {
    const bolt = await import("@slack/bolt");
    return new bolt.webApi.WebClient(token, {
      slackApiUrl: apiUrl,
      timeout: callLimitMs,
      rejectRateLimitedCalls: true,
      // A repeated chat.postMessage would be a second card: repeating is left to whoever knows what was sent.
      retryConfig: { retries: 0 },
      logger: boltLogger(bolt, log),
    });
  });
  return async (method, args) => within(callLimitMs + 1_000, (await client()).apiCall(method, args), method);
}

function readInstall(answer: unknown): Install {
  const auth = authAnswer.parse(answer);
  return {
    teamId: auth.team_id,
    enterpriseId: auth.enterprise_id ?? null,
    botUserId: auth.user_id,
    botName: auth.user ?? "the bot",
  };
}

/** Makes it once; a failure is forgotten, so that the next caller tries again. */
function once<T>(make: () => Promise<T>): () => Promise<T> {
  let made: Promise<T> | null = null;
  return () => {
    made ??= make().catch((error: unknown) => {
      made = null;
      throw error;
    });
    return made;
  };
}
