import type { Step } from "./plan.ts";

/** An inverse in a few words: "start", "type back to t3.micro", "desired back to 6". */
export function undoWords({ action, params }: Pick<Step, "action" | "params">): string {
  switch (action) {
    case "start-instance":
      return "start";
    case "stop-instance":
      return "stop";
    case "modify-type":
      return `type back to ${params["Type"] ?? "what it was"}`;
    case "set-desired":
      return `desired back to ${params["Desired"] ?? "what it was"}`;
    case "enter-standby":
      return "standby";
    case "exit-standby":
      return "back into service";
    case "put-back":
      return `back into ${params["TargetGroup"] ?? "its target group"}`;
    case "take-out":
      return `out of ${params["TargetGroup"] ?? "its target group"}`;
    default:
      return action;
  }
}
