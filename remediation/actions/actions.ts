import type { Action } from "./action.ts";
import { rebootInstance } from "./reboot-instance.ts";
import { documentAction } from "./run-document.ts";

/** A systemd unit's name: no spaces, no slashes, nothing a shell could read. */
const unit = /^[A-Za-z0-9][A-Za-z0-9@._-]{0,63}$/;

/** Every primitive operation there is, by the name runbooks use. */
export const actions = {
  "restart-service": documentAction({
    action: "restart-service",
    name: "SmartCloudOps-RestartService",
    risk: 2,
    parameters: { Service: unit },
  }),
  "clean-disk": documentAction({
    action: "clean-disk",
    name: "SmartCloudOps-CleanDisk",
    risk: 2,
    parameters: {},
  }),
  "collect-diagnostics": documentAction({
    action: "collect-diagnostics",
    name: "SmartCloudOps-Diagnostics",
    risk: 0,
    parameters: {},
  }),
  "reboot-instance": rebootInstance,
} satisfies Record<string, Action>;

type ActionName = keyof typeof actions;

/** The action of that name, or null. */
export function findAction(name: string): Action | null {
  return isActionName(name) ? actions[name] : null;
}

function isActionName(name: string): name is ActionName {
  return Object.hasOwn(actions, name);
}
