/**
 * How one target stands: what must be the same when a plan begins as when it was proposed, and what a step may change
 * of it. Words are the cloud's own ("running", "InService").
 */
export type TargetState = {
  state: string;
  type: string;
  /** Null: in no Auto Scaling group. `lifecycle` is the member's own. */
  group: { name: string; min: number; max: number; desired: number; lifecycle: string } | null;
  /** Of the alerts of the incident that the plan is for; "none" without an incident or alert. */
  alert: "firing" | "over" | "none";
};

/** Of a step that is about no target, as the practice's. */
export const nowhere: TargetState = { state: "none", type: "none", group: null, alert: "none" };

/** The state in one line for people; two states are the same exactly when these are. */
export function describeState({ state, type, group, alert }: TargetState): string {
  const member =
    group === null
      ? "no group"
      : `${group.lifecycle} in group ${group.name} (${group.desired} of ${group.min} to ${group.max})`;
  return `${state}, type ${type}, ${member}${alert === "none" ? "" : `, alert ${alert}`}`;
}

/** What differs between two states, in words: "state running, now stopped"; empty when nothing does. */
export function differences(before: TargetState, now: TargetState): string[] {
  const said = (what: string, was: string | number, is: string | number) =>
    was === is ? [] : [`${what} was ${was} and is ${is}`];
  const [was, is] = [before.group, now.group];
  return [
    ...said("its state", before.state, now.state),
    ...said("its type", before.type, now.type),
    ...said("its group", was?.name ?? "none", is?.name ?? "none"),
    ...(was === null || is === null || was.name !== is.name
      ? []
      : [
          ...said(`its place in ${is.name}`, was.lifecycle, is.lifecycle),
          ...said(`the desired capacity of ${is.name}`, was.desired, is.desired),
          ...said(`the smallest capacity of ${is.name}`, was.min, is.min),
          ...said(`the largest capacity of ${is.name}`, was.max, is.max),
        ]),
    ...(before.alert === "firing" && now.alert === "over" ? ["its alert is over"] : []),
  ];
}
