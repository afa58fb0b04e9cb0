import { surelyNamesTarget } from "../target-words.ts";
import type { Order } from "./order.ts";
import {
  count,
  haltOne,
  remedy,
  restartOne,
  runNamed,
  scaleRemedy,
  serviceRemedy,
} from "./remedy-meanings.ts";

const instances = "[more] [{noun}|replicas|workers|copies|of them]";

/** Orders that propose a remedy. They never run anything: a plan needs an approval. */
export const remedyOrders: readonly Order[] = [
  {
    say: [
      "(run|do|start|begin|propose) [a|the] (practice|fire drill|drill|practice run) [on {machine}]",
      "practice [on {machine}]",
    ],
    means: (slots) => remedy("practice", slots),
  },
  {
    say: [
      "(run|collect|gather|get|grab|take|pull|capture|fetch) [me] [some|the|a|full] (diagnostics|diagnostic|diag|diags|diagnostic info|diagnostics bundle|debug info) [{at} {machine}]",
      "diagnostics {at} {machine}",
    ],
    means: (slots) => remedy("diagnostics", slots),
  },
  {
    say: [
      "{clean} [{the}|some|up] {junk} [{at} {machine}]",
      "{clean} {machine} {junk}",
      "{clean} [up] {machine}",
      "{clean} {pronoun} [up|out]",
      "[make|get] [some|more] (room|space|disk space) {at} {machine}",
    ],
    means: (slots) => remedy("clean-disk", slots),
  },
  {
    say: [
      "{resize} {machine} [up|down|out|in|back] [to] <number> " + instances,
      "{resize} {the} size of {machine} to <number> " + instances,
      "set [the] (capacity|size|desired capacity) (of|for) {machine} to <number>",
    ],
    means: (slots) => scaleRemedy(slots, { to: count(slots) }),
  },
  {
    say: [
      "{resize} {machine} [up|out] by <number> " + instances,
      "add [another] <number> " + instances + " to {machine}",
    ],
    means: (slots) => scaleRemedy(slots, { by: count(slots) }),
  },
  {
    say: [
      "{resize} {machine} (down|in) by <number> " + instances,
      "remove <number> " + instances + " from {machine}",
    ],
    means: (slots) => scaleRemedy(slots, { by: `-${count(slots)}` }),
  },
  {
    say: ["scale (up|out) {machine}", "scale {machine} (up|out)", "add [more] capacity to {machine}"],
    means: (slots) => scaleRemedy(slots, { direction: "up" }),
  },
  {
    say: ["scale (down|in) {machine}", "scale {machine} (down|in)"],
    means: (slots) => scaleRemedy(slots, { direction: "down" }),
  },
  {
    say: [
      "(resize|change|upgrade|downgrade|convert|move) {machine} to [a|an] <type>",
      "change [the] [instance] type of {machine} to <type>",
    ],
    means: (slots) => {
      const type = slots.type?.trim() ?? "";
      return /^[a-z0-9-]+\.(?:\d{0,2}x?large|nano|micro|small|medium|metal)$/u.test(type)
        ? remedy("change-type", slots, { type })
        : null;
    },
  },
  {
    say: [
      "take {machine} out of [{the}] {pool}",
      "(remove|pull) {machine} from [{the}] {pool}",
      "(take|pull) {machine} out",
      "(take|pull) out {machine}",
      "drain {machine}",
    ],
    means: (slots) => remedy("take-out", slots),
  },
  {
    say: [
      "(put|add) {machine} back (in|into|behind|to|in to) [{the}] {pool}",
      "put {machine} back [in]",
      "put back {machine}",
    ],
    means: (slots) => remedy("put-back", slots),
  },
  {
    say: ["move {machine} to (new|other|different|fresh) (hardware|hardware now)"],
    means: (slots) => remedy("new-hardware", slots),
  },
  {
    say: [
      "(instance refresh|refresh|refresh [{the}] instances) (of|in|on|for) {machine}",
      "(start|run|do) an instance refresh (of|in|on|for) {machine}",
    ],
    means: (slots) => remedy("instance-refresh", slots),
  },
  {
    say: [
      "{reboot} [{machine}]",
      "{reboot} {pronoun}",
      "{reboot} {the} {noun}",
      "{restart} [{the}] {noun} <target>",
      "{restart} {the} <target> {noun}",
      "{restart} [{the}] {noun}",
      "{perform} [a|the|an] {reboots} [of|on|for] [{machine}]",
      "give {machine} [a] [quick|hard|clean|good] {reboots}",
      "{machine} (needs|wants|could use|requires) [a] (reboot|rebooting|power cycle)",
      "it (needs|wants|requires) [a] (reboot|rebooting)",
      "turn {machine} off and on [again]",
    ],
    means: (slots) => remedy("reboot", slots),
  },
  {
    say: [
      "{restart} {service} {at} {machine}",
      "{restart} {at} {machine} {service}",
      "{perform} [a|the] {restarts} [of|on|for] {service} {at} {machine}",
      "give {service} {at} {machine} [a] [quick|good] {restarts}",
      "{service} {at} {machine} (needs|wants|requires) [a] (restart|restarting|kick|bounce)",
      "{service} restart {at} {machine}",
      "restart-service <service> {at} {machine}",
    ],
    means: (slots) => serviceRemedy("restart-service", slots),
  },
  {
    say: ["{restart} <target> <service>", "{restart} <service> <target>"],
    means: (slots) =>
      surelyNamesTarget(slots.target?.trim() ?? "") ? serviceRemedy("restart-service", slots) : null,
  },
  {
    say: ["{restart} [{the}] (service|process|daemon|services) [{at} {machine}]"],
    means: (slots) => remedy("restart-service", slots),
  },
  {
    say: ["{restart} {pronoun}", "{restart}", "it (needs|wants|requires) [a] (restart|restarting|kick)"],
    means: (slots) => remedy(undefined, slots),
  },
  {
    say: [
      "{restart} {machine}",
      "{restart} [{the}] <target> (service|process|daemon|container)",
      "{perform} [a|the] {restarts} [of|on|for] {machine}",
      "give {machine} [a] [quick|good] {restarts}",
      "{machine} (needs|wants|requires) [a] (restart|restarting|kick|bounce)",
    ],
    means: restartOne,
  },
  { say: ["{halt} {service} {at} {machine}"], means: (slots) => serviceRemedy("stop-service", slots) },
  { say: ["{boot} {service} {at} {machine}"], means: (slots) => serviceRemedy("start-service", slots) },
  {
    say: ["{halt} {machine}", "(shut|turn|power|switch|take|bring) {machine} (down|off)"],
    means: (slots) => haltOne("stop", slots),
  },
  {
    say: ["{boot} {machine}", "(turn|power|switch|bring|start) {machine} (on|up|back on|back up|back)"],
    means: (slots) => haltOne("start", slots),
  },
  {
    say: [
      "(run|execute|apply|use|trigger|start|kick off|propose|launch) [{the}] (runbook|playbook) <runbook> [(on|for|against|at) {machine}]",
      "(run|execute|apply|use|trigger|start|kick off|propose|launch) [{the}] <runbook> (runbook|playbook) [(on|for|against|at) {machine}]",
    ],
    means: (slots) => runNamed(slots, true),
  },
  {
    say: [
      "(run|execute|apply|use|trigger|start|kick off|propose|launch) [{the}] <runbook> (on|for|against|at) {machine}",
    ],
    means: (slots) => runNamed(slots, false),
  },
  {
    say: [
      "{fix} <incident>",
      "{fix} {machine}",
      "{fix} {pronoun}",
      "{fix} {incidentish} [{at} {machine}]",
      "{fix} whatever is wrong with {machine}",
      "(make|get) {machine} (healthy|work|working|well) [again]",
      "remediate",
    ],
    means: (slots) => remedy(undefined, slots),
  },
];
