import { z } from "zod";
import type { SurfaceLog } from "../heard.ts";
import type { Speaker } from "../surface.ts";
import { explain } from "./errors.ts";
import type { Install, SlackHeard } from "./events.ts";

/** Calls a method of Slack's Web API; rejects when Slack refuses or does not answer. */
export type CallSlack = (method: string, args: Record<string, unknown>) => Promise<unknown>;

const userAnswer = z.object({
  user: z.object({
    name: z.string().nullish(),
    real_name: z.string().nullish(),
    team_id: z.string().nullish(),
    deleted: z.boolean().nullish(),
    is_bot: z.boolean().nullish(),
    is_restricted: z.boolean().nullish(),
    is_ultra_restricted: z.boolean().nullish(),
    is_stranger: z.boolean().nullish(),
    is_invited_user: z.boolean().nullish(),
    is_connector_bot: z.boolean().nullish(),
    is_workflow_bot: z.boolean().nullish(),
    enterprise_user: z.object({ enterprise_id: z.string().nullish() }).nullish(),
    profile: z.object({ display_name: z.string().nullish() }).nullish(),
  }),
});

type User = z.infer<typeof userAnswer>["user"];

const channelAnswer = z.object({
  channel: z.object({
    is_ext_shared: z.boolean().nullish(),
    is_pending_ext_shared: z.boolean().nullish(),
  }),
});

const groupsAnswer = z.object({
  usergroups: z.array(
    z.object({ id: z.string(), users: z.array(z.string()).nullish(), date_delete: z.number().nullish() }),
  ),
});

const membersAnswer = z.object({ users: z.array(z.string()) });

/** A change of rights in Slack is seen after at most this long. */
const memoryMs = 60_000;

/**
 * Says who speaks, as Slack vouches for it. Whatever cannot be read counts against the person: no user information
 * makes an outsider, and so does a channel of which nobody knows whether strangers read it; no group list makes no
 * groups.
 */
export function createPeople(deps: {
  call: CallSlack;
  install: Install;
  wall: () => number;
  log: SurfaceLog;
}) {
  const { call, install, wall, log } = deps;
  const users = remembered(wall, (id: string) => read("users.info", { user: id }, userAnswer));
  const channels = remembered(wall, (id: string) =>
    read("conversations.info", { channel: id }, channelAnswer),
  );
  const groups = remembered(wall, readGroups);
  const tenant = install.enterpriseId ?? install.teamId;
  let trouble: string | null = null;

  async function read<T>(
    method: string,
    args: Record<string, unknown>,
    shape: z.ZodType<T>,
  ): Promise<T | null> {
    try {
      return shape.parse(await call(method, args));
    } catch (error) {
      const reason = error instanceof z.ZodError ? "Slack's answer has another shape" : explain(error);
      log.warn({ method, reason }, "Slack did not say who or where this is");
      if (method === "users.info") trouble = `users.info: ${reason}; until then nobody can act from Slack`;
      if (method === "conversations.info" && trouble === null)
        trouble = `conversations.info: ${reason}; until then nobody can act from that channel`;
      return null;
    }
  }

  /** Group id -> members; null when Slack does not tell. */
  async function readGroups(): Promise<Map<string, readonly string[]> | null> {
    const list = await read("usergroups.list", { include_users: true }, groupsAnswer);
    if (list === null) return null;
    const members = new Map<string, readonly string[]>();
    for (const group of list.usergroups.filter(({ date_delete }) => !date_delete)) {
      const users =
        group.users ?? (await read("usergroups.users.list", { usergroup: group.id }, membersAnswer))?.users;
      if (users) members.set(group.id, users);
    }
    return members;
  }

  async function speaker({ heard, userTeam, extShared }: SlackHeard): Promise<Speaker> {
    const isDirect = heard.place.channel.startsWith("D");
    const [user, groupMembers, channel] = await Promise.all([
      users.get(heard.user),
      groups.get("all"),
      isDirect ? null : channels.get(heard.place.channel),
    ]);
    if (user !== null && (isDirect || channel !== null)) trouble = null;
    const shared =
      extShared || Boolean(channel?.channel.is_ext_shared || channel?.channel.is_pending_ext_shared);
    const unknownPlace = !isDirect && channel === null;
    const inside = user !== null && isMember(user.user, userTeam, install);
    const because = !inside
      ? notVouchedFor
      : shared
        ? "this channel is shared with another organisation"
        : unknownPlace
          ? "Slack does not say whether this channel is shared with another organisation (is the bot in it?)"
          : null;
    const own = inside ? tenant : (user?.user.team_id ?? userTeam ?? "unknown");
    const groupIds = [...(groupMembers ?? [])].flatMap(([id, members]) =>
      members.includes(heard.user) ? [`slack:${tenant}/${id}`] : [],
    );
    return {
      identity: `slack:${own}/${heard.user}`,
      name: nameOf(user?.user ?? null, heard.user),
      groups: because === null ? groupIds : [],
      outsider: because !== null,
      ...(because === null ? {} : { because }),
    };
  }

  return { speaker, trouble: () => trouble };
}

const notVouchedFor = "Slack does not vouch for you as a full member of this organisation";

/** A full member of the organisation the app is installed in: no guest, bot, stranger or deactivated account. */
function isMember(user: User, userTeam: string | null, install: Install): boolean {
  if (user.is_restricted || user.is_ultra_restricted || user.is_stranger || user.is_invited_user)
    return false;
  if (user.is_bot || user.is_connector_bot || user.is_workflow_bot || user.deleted) return false;
  const home = [install.teamId, ...(install.enterpriseId === null ? [] : [install.enterpriseId])];
  const enterprise = user.enterprise_user?.enterprise_id ?? null;
  const sameEnterprise = enterprise !== null && enterprise === install.enterpriseId;
  const team = user.team_id ?? userTeam;
  if (team === null || !(home.includes(team) || sameEnterprise)) return false;
  return userTeam === null || home.includes(userTeam) || sameEnterprise;
}

function nameOf(user: User | null, id: string): string {
  return user?.profile?.display_name || user?.real_name || user?.name || id;
}

/** Keeps what could be read for a minute; what could not be read is asked again next time. */
function remembered<T>(wall: () => number, load: (id: string) => Promise<T | null>) {
  const known = new Map<string, { value: T; until: number }>();
  async function get(id: string): Promise<T | null> {
    const hit = known.get(id);
    if (hit !== undefined && wall() < hit.until) return hit.value;
    // What was true when it was asked: a slow answer is not newer for having been slow.
    const askedAt = wall();
    const value = await load(id);
    if (known.size > 1_000) known.clear();
    if (value === null) known.delete(id);
    else known.set(id, { value, until: askedAt + memoryMs });
    return value;
  }
  return { get };
}
