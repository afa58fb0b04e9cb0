import { refuse, type Refusal } from "../context.ts";
import type { TargetState } from "./target-state.ts";

/** For actions without parameters. */
export function takesNone(action: string): (params: Record<string, string>) => string | null {
  return (params) =>
    Object.keys(params).length === 0
      ? null
      : `${action} takes no parameters, not ${Object.keys(params).join(", ")}`;
}

/** For actions whose parameters are exactly these, each matching its pattern whole. */
export function takes(
  action: string,
  parameters: Record<string, RegExp>,
): (params: Record<string, string>) => string | null {
  return (params) => {
    for (const name of Object.keys(params)) {
      if (!Object.hasOwn(parameters, name)) return `${action} has no parameter "${name}"`;
    }
    for (const [name, pattern] of Object.entries(parameters)) {
      const value = Object.hasOwn(params, name) ? params[name] : undefined;
      if (value === undefined) return `${action} needs the parameter "${name}"`;
      if (!pattern.test(value)) return `"${value.slice(0, 60)}" is not allowed as ${name} of ${action}`;
    }
    return null;
  };
}

/**
 * An Auto Scaling group terminates a member that stops answering: what takes an instance away for a while is refused
 * while the group watches it. Null when it does not.
 */
export function watchedByGroup(target: string, { group }: TargetState): Refusal | null {
  if (group === null || group.lifecycle === "Standby") return null;
  const message = `${target} is ${group.lifecycle} in the Auto Scaling group ${group.name}, which would replace it; it must be in Standby first.`;
  return refuse("auto_scaling", message);
}
