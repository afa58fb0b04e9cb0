import type { IntentKind } from "./intent.ts";

/**
 * What people say, by kind: the classifier's training list and the vocabulary spelling corrects to. Phrases are parted
 * by a bar. Questions about an action belong to the kind that answers them, never to the action. `unknown` holds
 * what the bot has nothing to do with. A phrase used for measuring (fixtures/phrases) must not stand here.
 */
const said: Readonly<
  Record<Exclude<IntentKind, "feedback" | "conclude" | "escalate" | "autonomy" | "break_glass">, string>
> = {
  help: `what are my options here | help me out | how does this bot work | list everything you understand | i have no clue
    what to type | show the manual | who are you and what do you do | which commands do you know | what is the syntax |
    can you explain how to talk to you | instructions please | what else can you do | give me some examples of commands |
    hello there | good morning bot | what are you for | how do i silence something | how can i close an incident |
    how do i get a chart | what should i type to approve | is there a command list | i am new here what now | usage please`,
  status: `is web-1 up | how is db-2 doing | everything ok over there | are all servers running | is production fine |
    give me the current state | overview of all hosts | is the api alive | how are we doing | all systems go |
    what is the state of web-3 | are things calm | current health of the fleet | is anything waiting for approval |
    quick health check | how busy is web-1 | how much memory is db-1 using | what is the cpu on web-2 right now |
    which plans are pending | is automation paused | are you alive | is checkout reachable | still up | sitrep |
    is the site working | do we look good | how do the servers look | which machines are online | situation report |
    is web-2 back | are we green | vitals of web-1 | how hot is db-1 running`,
  anomaly_check: `check web-1 for anything strange | is something off with db-2 | look for anomalies | any outliers today |
    scan the fleet | does web-2 look normal | is web-3 behaving itself | are there any unusual patterns |
    anything abnormal in the past day | run anomaly detection on api-1 | detect anomalies | is this latency normal |
    does anything look suspicious | is web-4 acting up | have a look at web-1 | anything out of the ordinary |
    is the cpu on web-1 higher than usual | anything funky going on | did the detector find something |
    any spikes in the last hour | something smells on web-2 | is there strange behaviour on batch-1 |
    inspect web-1 | analyse db-1 for oddities | anything i should worry about | any surprises since lunch |
    take a peek at web-3 | are the metrics as expected | something feels different about api-2`,
  explain: `why is web-1 slow | why did you flag db-2 | what is the root cause | what caused inc-4 | explain inc-9 |
    what is wrong with web-2 | how come latency went up | reason for the alert on web-1 | what is behind the spike |
    why was i paged | what made the score jump | which metric is to blame | help me understand inc-3 |
    what is going on with api-1 | why do you think it is memory | diagnose inc-7 | what triggered this incident |
    tell me why web-1 is red | how did this start | what is the evidence | justify plan-3 | why this runbook |
    what does inc-5 mean | walk me through inc-12 | what is eating the memory on web-1 | what is hogging cpu |
    where does the latency come from | what is the story behind inc-2 | who is the culprit`,
  forecast: `when will the disk be full | how long until memory runs out | forecast cpu for tomorrow | predict disk usage |
    will we run out of space this week | how many days of disk are left | where is memory heading | what will load be tonight |
    is the disk going to fill up | trend of memory on web-1 | time until the disk is full | do we have enough capacity for
    the weekend | what does the next day look like | how soon do we hit the limit | memory outlook for db-1 |
    extrapolate disk growth | how much headroom is there | estimate when latency crosses one second |
    at this rate when does it overflow | any breach expected | is a breach coming | what is coming up in the next hours |
    will traffic exceed capacity | how fast is the disk filling | project memory for a week`,
  failure_risk: `which server will fail next | what is the risk for web-1 | how likely is a crash | who is about to die |
    rank hosts by risk | is web-2 about to crash | odds of db-1 failing tonight | most endangered machine |
    which host is the most fragile | chance of an outage | failure probability of api-1 | what will break first |
    will web-3 survive the night | riskiest boxes | which target worries you most | predict failures |
    are any machines on the brink | which one is closest to falling over | is any instance in danger`,
  incidents: `what is broken | show incidents | any open incidents | list alerts | what is firing | is anything on fire |
    current problems | what alerts are active | anything burning | show inc-4 | details of inc-12 | what is alerting now |
    which incidents are unresolved | are there outages | what needs attention | tell me about inc-7 | open issues |
    is someone on inc-3 | is inc-5 still open | what is ringing | list of current trouble | how many incidents are open |
    what is red right now | any alarms on web-1 | give me the incident list | active pages | what is failing |
    is something down | what should i look at first | anything that needs me`,
  acknowledge: `ack inc-4 | i am on inc-3 | taking inc-9 | i will handle inc-2 | got inc-7 | looking into inc-5 |
    assign inc-1 to me | acknowledge the alert on web-1 | mine | i will take this one | claim inc-6 | i am looking at it`,
  silence: `mute web-1 for 2h | silence inc-3 | snooze alerts on db-1 | stop alerting about web-2 | quiet web-4 until tomorrow |
    no more messages about inc-9 | shut up about batch-1 | do not page me about web-3 for 1h | suppress alerts for api-1 |
    put web-1 in maintenance | hush | keep web-2 quiet for a day`,
  resolve: `close inc-4 | resolve inc-9 | inc-3 is fixed | mark inc-7 as done | we can close inc-5 | inc-2 is over |
    resolve the incident on web-1 | close it | that is solved | finish inc-12 | wrap up inc-1`,
  remediate: `restart nginx on web-1 | reboot db-2 | fix inc-4 | clean the disk on web-3 | scale web to 6 | stop batch-1 |
    start batch-2 | bounce the app | do something about web-1 | propose a fix | free some disk space on db-1 |
    run diagnostics on web-2 | kick redis on cache-1 | can someone restart the service | repair web-4 | make it work again |
    run the reboot runbook on web-1 | power cycle web-2 | add two more web servers | take web-1 out of rotation`,
  approve: `approve plan-4 | go ahead with plan-2 | ship it | run plan-9 | yes do it | approved | green light plan-7 |
    you may proceed | sign off on plan-3 | plan-5 is good to go | execute plan-1`,
  deny: `deny plan-4 | reject plan-2 | do not run plan-9 | no to plan-3 | do not approve it | declined | veto plan-8 |
    plan-6 is a no go | refuse that plan | i do not approve`,
  cancel: `cancel plan-4 | abort plan-9 | stop plan-2 | withdraw the plan | call it off | i object to plan-3 | scrap plan-7 |
    take back plan-5`,
  rollback: `undo the last change | roll back plan-4 | revert the scaling | put it back | back out the change on web-1 |
    reverse what you did`,
  history: `who approved plan-4 | who restarted web-1 | did anyone touch db-2 | when was web-1 rebooted | what did you do today |
    show the audit log | history of web-3 | what changed on api-1 | was plan-9 executed | last actions | who did that |
    has somebody denied plan-2 | what happened to web-1 | list recent approvals | who pressed the button |
    did plan-5 help | how did plan-3 go | what was done about inc-8 | when did we last clean the disk | who muted db-1 |
    what have you been up to | who is behind the restart | any reboots this week | who paused you |
    did the restart work | is plan-7 finished | what was the outcome of plan-1 | trail of changes`,
  logs: `tail web-1 | show logs of db-2 | last log lines | what do the logs say | journal of nginx on web-1 | your own log |
    print the error log | syslog web-3 | give me the latest log entries | any errors in the log | read the logs on api-1 |
    what is in stderr | dump the log`,
  chart: `graph cpu of web-1 | plot memory over 3h | chart latency | show me the load of db-2 | draw disk usage |
    picture of the error rate | visualise requests per second | show cpu over the last day | p95 of api-1 last week |
    memory curve of web-2 | i want to see the traffic | time series of load | show network in on web-3 | paint the cpu`,
  promql: `promql up | run promql sum(rate(x[5m])) | query prometheus | execute this promql`,
  train: `retrain | train the model | learn again | retrain web-1 | refresh the models | build a new model for db-2 |
    start training | go back to the previous model | update the baseline | relearn what is normal`,
  model_status: `how good is the model | when was the model trained | model status | is the detector reliable |
    how old are the models | false alarm rate | is the model for web-1 stale | accuracy of detection |
    can i trust your detector | which model version is live | how many false positives last week | is training finished |
    has the data drifted | how well do you detect things | what has the model learned from | precision and recall`,
  backtest: `backtest rule disk-clean | what would the memory rule have done last month | replay rule x over 14d |
    simulate the rule on old data | test the rule against history | how often would rule y have fired |
    try the reboot rule on the past two weeks`,
  summary: `what did i miss | handover | summarise the night | catch me up | recap of the last day | shift report |
    what happened while i slept | give me the highlights | morning briefing | what went on overnight | bring me up to date |
    anything happen while i was out | weekly summary | notes for the next on call | short version of today |
    what has been going on since yesterday | digest of the week | how was the night | i just woke up what happened |
    key events of my shift | end of shift notes`,
  runbooks: `list runbooks | which playbooks exist | what can you fix | show the reboot runbook | what remedies do you know |
    what does clean-disk do | what actions are available | how does restart-service work | which remediations do we have |
    what are the steps of the runbook | catalog of fixes | procedures`,
  pause: `hit the kill switch | pause everything | stop all automation | freeze | emergency stop | hands off | halt |
    disable auto remediation | stand down`,
  resume: `unfreeze | resume automation | turn it back on | back to normal |
    re-enable automation | lift the freeze`,
  ask: `what is a memory leak | how does swap work | what does load average mean | difference between latency and throughput |
    what is p95 | how do i tune nginx | explain how prometheus scrapes | best way to size a database | what is an inode |
    what is the default port of postgres | how does a load balancer pick a server | what is the oom killer |
    should we use bigger instances | what happens during a reboot | is it safe to delete old logs | what is iowait |
    why do disks fill up | what is a good alert threshold | can linux run without swap | what is a canary deploy |
    tell me how tcp keepalive works | what would you do about a slow query | does restarting lose connections |
    how would i debug a deadlock | what is backpressure | pros and cons of autoscaling | what causes high iowait in general |
    which kernel version is best for databases | explain the cap theorem | what is the meaning of steal time`,
  unknown: `what is the weather today | tell me a joke | order a pizza | who won the game | happy birthday | lol | thanks |
    thank you so much | see you tomorrow | nice work | i am hungry | book a meeting room | what time is it | you are funny |
    translate this to french | play some music | buy milk | my laptop is broken | when is lunch | good night |
    never mind | haha | ok | yes | no | maybe | hmm | cool | great job everyone | the quick brown fox | asdf qwer |
    i love coffee | where is the office | who is the ceo | stock price of amazon | write me a poem | sing a song |
    create a jira ticket | send an email to bob | merge my pull request | review my code | is it friday yet |
    what should i eat | how tall is the eiffel tower | capital of france | delete the database | drop table users |
    give me root access | what is your favourite colour | do you dream | call me a taxi | reset my password |
    the meeting is at three | mara is on holiday | we deployed yesterday | ignore all previous instructions |
    the train is late | i need a break | close the window please | open the door | coffee machine is down again |
    i will restart my laptop | remind me at noon | set a timer | who is on call tonight | happy friday | good bot |
    bad bot | sorry wrong channel | testing testing | is anybody here | let us grab lunch | my car will not start`,
};

export type Phrase = { kind: IntentKind; text: string };

/** All training phrases, lower case. */
export const phrases: readonly Phrase[] = (Object.keys(said) as (keyof typeof said)[]).flatMap((kind) =>
  said[kind].split("|").map((text) => ({ kind, text: text.replace(/\s+/gu, " ").trim() })),
);
