/** Words that mean the same in an order; a bar separates them. They may use each other, but not in a circle. */
export const synonyms = {
  the: "the|our|my|this|that|its|your|all the|all of the|all",
  noun: "box|boxes|server|servers|host|hosts|machine|machines|instance|instances|node|nodes|vm|vms|target|targets",
  machine: "[{the}] [{noun}] <target> [{noun}|group|asg|fleet|tier]",
  service:
    "[{the}] [service|process|daemon|unit|container] <service> [service|process|daemon|unit|container|server]",
  at: "on|at|in|for|from|of|over on",
  again: "again|now|already|once|too|then",
  restart:
    "restart|bounce|kick|cycle|relaunch|respawn|reload|recycle|re-start|restarting|turn off and on|do a restart of|a restart of|restart of",
  reboot:
    "reboot|power cycle|powercycle|power-cycle|hard reboot|soft reboot|reset|re-boot|rebooting|do a reboot of|a reboot of|reboot of",
  reboots: "reboot|power cycle|powercycle|hard reboot",
  restarts: "restart|bounce|kick|nudge",
  perform:
    "do|schedule|trigger|perform|initiate|issue|start|kick off|propose|request|give me|get me|try|make|run",
  halt: "stop|shut down|shutdown|power off|poweroff|power down|turn off|switch off|halt|kill|take down|bring down",
  boot: "start|boot|boot up|power on|power up|turn on|switch on|bring up|spin up|start up|bring back|bring back up|fire up|launch",
  resize:
    "scale|resize|set|bring|grow|shrink|expand|bump|size|take|increase|decrease|scale up|scale down|scale out|scale in",
  pool: "load balancer|load-balancer|lb|elb|alb|nlb|rotation|service|target group|pool",
  clean:
    "clean|clean up|cleanup|clean out|clear|clear up|clear out|free|free up|purge|empty|prune|trim|tidy|tidy up|reclaim|run a cleanup of|delete|remove|rotate|rm",
  junk: "disk|disk space|space|drive|disks|storage|/tmp|tmp|temp files|temporary files|temp|logs|old logs|log files|old log files|junk|filesystem|file system|root disk|root volume|volume|caches|the disk",
  fix: "fix|remediate|repair|heal|sort|sort out|cure|mend|unbreak|recover|propose a fix for|suggest a fix for|find a fix for|do something about|take care of|propose a remedy for|apply a fix to|patch up|get a fix going for|auto-fix|autofix",
  pronoun: "it|this|that|this one|that one|them|this thing|that thing|these|those",
  incidentish: "[the|this|that] (incident|alert|alarm|problem|issue|page)",
  planish: "[the|this|that] (plan|proposal|fix|remedy|remediation|change|restart|reboot|approval|request)",
  ack: "ack|acknowledge|acking|acknowledging|take|taking|taking over|taking on|claim|claiming|grab|grabbing|own|owning|picking up|pick up|i will pick up|handling|i am handling|i have|i have got|i got|got|i will take|i will take over|i will handle|i will own|i take|i am taking|i own|dibs on|acknowledged|i acknowledge|i ack|let me take|me on",
  looking:
    "i am on|looking at|looking into|i am looking at|i am looking into|i will look at|i will look into|investigating|i am investigating|working on|i am working on|checking|i am checking|debugging|having a look at|taking a look at",
  silence: "mute|silence|snooze|quiet|hush|shush|suppress|silent|shut up|squelch|unalert|muting|silencing",
  unsilence: "unmute|unsilence|unsnooze|un-mute|un-silence|un-snooze|unsilencing|unmuting",
  silences: "[the|this|that|my|our] (silence|silences|mute|snooze|silencing|muting)",
  notices:
    "[all] [{the}] [further|more|any] (alerts|alert|alerting|alarms|alarm|notifications|notification|messages|pages|paging|noise|pings|warnings)",
  notify: "alert|page|notify|bug|bother|ping|wake|tell|message|warn|spam|nag|annoy",
  notifying:
    "alerting|paging|notifying|bugging|bothering|pinging|messaging|warning|spamming|nagging|annoying|waking|yelling|shouting|screaming|posting|talking",
  me: "me|us|me up|us up|the channel|everyone|people",
  for: "for [the next|the|another|about|around|at least]|during [the next]|until|till|over [the next]",
  close:
    "close|resolve|close out|close off|shut|closing|resolving|resolved|closed|finish|wrap up|mark resolved|mark as resolved|clear",
  closed:
    "resolved|closed|fixed|done|solved|over|sorted|sorted out|gone|finished|cleared|handled|dealt with|no longer an issue|no longer a problem|all good now",
  approve:
    "approve|approved|approving|i approve|i am approving|approve of|lgtm|lgtm on|lgtm for|run|execute|apply|accept|accepted|confirm|confirmed|authorize|authorise|authorized|green light|greenlight|green-light|sign off on|sign off|ok|ok to run|ok for|okay|go for|go ahead with|go ahead and run|go ahead and execute|go with|proceed with|ship|let us do|let us run|let us go with|do|yes to|yes on|yes for|+1|+1 to|+1 on|+1 for|thumbs up on|thumbs up for|thumbs up to|you may run|please run|carry out|go on with|happy with",
  refuse:
    "deny|denied|denying|i deny|reject|rejected|rejecting|i reject|decline|declined|i decline|refuse|i refuse|veto|no to|no on|no for|-1|-1 to|-1 on|-1 for|thumbs down on|thumbs down for|disapprove|disapprove of|turn down|vote no on|nack|nak|hold off on|i say no to",
  withhold:
    "approve|run|execute|apply|accept|confirm|do|authorize|authorise|proceed with|go ahead with|go through with|let|ship|start|sign off on|carry out|allow|launch",
  withdraw:
    "stop|cancel|abort|withdraw|kill|scrap|drop|retract|call off|halt|revoke|recall|object to|i object to|raise an objection to|discard|forget about|forget|never mind|nevermind|cancelling|canceling|aborting|nix|pull the plug on",
  undo: "undo|roll back|rollback|roll-back|revert|back out|reverse|rolling back|reverting",
  train:
    "retrain|train|re-train|relearn|re-learn|retraining|training|run training|run the training|kick off training|kick off a retrain|start training|do a retrain|trigger a retrain|start a retrain|trigger training",
  rebuild:
    "rebuild|refit|refresh|update|recalibrate|recompute|regenerate|redo|train|retrain|relearn|re-train|re-fit|build|fit|retraining",
  model:
    "model|models|detector|detectors|baseline|baselines|anomaly model|anomaly models|anomaly detector|ml model|ml models|ml|anomaly detection|detection model",
  older: "previous|earlier|last|old|older|prior|former",
  switch:
    "kill switch|killswitch|kill-switch|emergency stop|big red button|emergency brake|brake|brakes|panic button|stop button",
  hit: "hit|pull|press|push|flip|throw|engage|activate|smash|use|trip|slam|mash|turn on|switch on|enable|slap",
  automation:
    "automation|automations|auto remediation|auto-remediation|automatic remediation|automatic remediations|remediation|remediations|auto remediations|actions|automatic actions|automated actions|automatic changes|the bot|bot|yourself|executions|execution|remediating|autonomy|ops automation|bot actions|acting|autopilot|auto pilot",
  allwork:
    "everything|all|all actions|all activity|all changes|changes|all plans|plans|all executions|all work|all remediation|all the things|any changes|any action|any actions|whatever you are doing|what you are doing",
  freeze:
    "pause|freeze|halt|stop|suspend|disable|turn off|switch off|kill|shut off|lock down|lock|block|hold|shut down|cease|disarm|pausing|freezing",
  thaw: "unfreeze|unpause|un-pause|resume|unhalt|re-enable|reenable|enable|turn on|switch on|turn back on|switch back on|thaw|restart|start|unlock|unsuspend|unblock|rearm|resuming|reactivate|activate",
  release:
    "release|lift|disengage|undo|turn off|deactivate|unset|clear|reset|switch off|disable|let go of|remove|end|revoke|un-hit|drop",
} as const satisfies Readonly<Record<string, string>>;
