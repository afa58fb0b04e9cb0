import type { Action } from "./action.ts";
import { putBack, takeOut } from "./balancing.ts";
import { modifyType } from "./modify-type.ts";
import { startInstance, stopInstance } from "./power.ts";
import { practice } from "./practice.ts";
import { rebootInstance } from "./reboot-instance.ts";
import { refreshGroup } from "./refresh-group.ts";
import { documentAction } from "./run-document.ts";
import { setDesired } from "./set-desired.ts";
import { enterStandby, exitStandby } from "./standby.ts";

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
  "tail-logs": documentAction({
    action: "tail-logs",
    name: "SmartCloudOps-TailLogs",
    risk: 0,
    parameters: { Service: unit, Lines: /^([1-9]\d|[1-4]\d\d|500)$/ },
  }),
  "reboot-instance": rebootInstance,
  "stop-instance": stopInstance,
  "start-instance": startInstance,
  "modify-type": modifyType,
  "set-desired": setDesired,
  "enter-standby": enterStandby,
  "exit-standby": exitStandby,
  "refresh-group": refreshGroup,
  "take-out": takeOut,
  "put-back": putBack,
  practice,
} satisfies Record<string, Action>;

type ActionName = keyof typeof actions;

/** The action of that name, or null. */
export function findAction(name: string): Action | null {
  return isActionName(name) ? actions[name] : null;
}

function isActionName(name: string): name is ActionName {
  return Object.hasOwn(actions, name);
}
