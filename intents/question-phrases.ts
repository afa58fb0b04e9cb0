import type { CommandKind } from "./commands.ts";

/** What asks for a kind: expressions, any of them, over lower-case words joined by single spaces. Never a kind that acts. */
export type QuestionPhrase = { kind: CommandKind; asks: readonly RegExp[] };

const done =
  "approved?|denied|deny|rejected?|reboot(?:ed)?|restart(?:ed)?|stopped|stop|started|scaled?|ran|run|executed?|cancell?ed|cancel|" +
  "silenced?|muted?|closed?|resolved?|acked|ack|acknowledged?|paused?|resumed?|unpaused|froze|unfroze|changed?|touched?|touch|deployed?|" +
  "pressed|press|clicked|did|do|done|proposed?|fixed|fix|rolled|reverted|revert|cleaned|killed|signed|hit|triggered|messed|broke|made|happened";
const doneAlways =
  "approved|denied|rejected|rebooted|restarted|stopped|started|scaled|ran|run|executed|cancell?ed|silenced|muted|closed|resolved|acked|" +
  "acknowledged|paused|resumed|changed|touched|deployed|done|proposed|fixed|reverted|cleaned|killed";

/** In order of precedence: the first that matches wins. */
export const questionPhrases: readonly QuestionPhrase[] = [
  {
    kind: "model_status",
    asks: [
      /\b(?:how (?:good|accurate|fresh|old|reliable|well|stale|trustworthy|healthy)|accuracy|precision|recall|f1|fresh|stale|outdated|trained|status|quality|performance|perform|performing|drift\w*|health|healthy|version|versions|doing|age|reliable|trust\w*|up to date|info|state|details|work|working|works)\b.{0,60}\b(?:models?|detectors?|detection|ml)\b/u,
    ],
  },
  {
    kind: "model_status",
    asks: [
      /\b(?:models?|detectors?|detection)\b.{0,60}\b(?:need|needs|retraining|good|accurate|accuracy|fresh|old|stale|trained|status|quality|performance|perform\w*|drift\w*|health|healthy|version|versions|doing|age|reliable|trust\w*|up to date|info|state|details|any good|working|well|ready|train|retrained|learned|stand|score|scores)\b/u,
    ],
  },
  {
    kind: "model_status",
    asks: [
      /\bfalse (?:alarms?|positives?)\b|\bmodel(?:s| status)?$/u,
      /\b(?:last|latest) (?:training|retrain|retraining)\b|\bdid the (?:retrain|training|retraining)\b/u,
      /\b(?:is|are) (?:it|you) (?:still )?(?:training|learning)\b/u,
      /\bwhen (?:did|were|was) .{0,30}\b(?:re)?train(?:ed)?\b|\bdrift(?:ing|ed)?\b/u,
    ],
  },
  {
    kind: "backtest",
    asks: [
      /\bback[ -]?test\w*\b|\b(?:replay|simulate) .{0,20}\brules?\b/u,
      /\brules?\b.{0,40}\bwould .{0,20}\b(?:have )?(?:done|fired|caught|triggered|do|behaved?)\b/u,
      /\bwould .{0,40}\brules?\b.{0,40}\b(?:have )?(?:done|fired|caught|triggered|do|worked|helped|behaved)\b/u,
      /\b(?:try|test|run) .{0,30}\brule\b.{0,30}\b(?:against|on|over) (?:the )?(?:past|last|old|history|previous|historical)\b/u,
    ],
  },
  {
    kind: "summary",
    asks: [
      /\b(?:what|anything|something) .{0,25}\b(?:i|we) miss(?:ed)?\b|\bdid i miss\b/u,
      /\bhand[ -]?(?:over|off)\b|\bcatch (?:me|us) up\b|\bcaught up\b|\bcatch up\b/u,
      /\bfill (?:me|us) in\b|\bup to speed\b|\brecap\b|\btl;?\s?dr\b|\bdigest\b/u,
      /\bsummar(?:y|ies|ise|ize)\b|\bsum up\b|\bshift (?:report|notes?|change)\b/u,
      /\b(?:daily|weekly|nightly|morning|night|end of (?:day|shift)) (?:report|update|brief|briefing|summary)\b/u,
      /\bbrief(?:ing)?\b|\brundown\b|\brun down of\b/u,
      /\bhow was (?:the |my |last )?(?:night|shift|weekend|day)\b/u,
      /\bwhat (?:happened|went on|has happened|was going on|did i sleep through)(?: here)?(?: so far)?(?: (?:overnight|last night|tonight|today|yesterday|this morning|(?:over|during|in|since|on) .{0,30}|while .{0,40}|(?:the |this )?(?:last|past) \d+\w+))?$/u,
      /\bwhile i was (?:away|out|asleep|sleeping|gone|off)\b|\bwhat went down\b|\bwhat is new\b/u,
      /\bany news\b|\bwrap[ -]?up\b/u,
    ],
  },
  {
    kind: "incidents",
    asks: [
      /\bwho (?:is|has|took|takes|owns|got) (?:(?:on|taking|handling|working on|looking (?:at|into)|got|dealing with|taken|owning|investigating) )?(?:inc-\d+|it|this|the (?:incident|alert)|that)\b/u,
      /\b(?:is|has) (?:anyone|anybody|someone|somebody) (?:on|taking|handling|working on|looking (?:at|into)|got|acked|acknowledged|taken|dealing with|picked up) (?:inc-\d+|it|this|that|the (?:incident|alert))\b/u,
      /\b(?:who|anyone|anybody) (?:acked|acknowledged)\b.{0,20}\binc-\d+/u,
    ],
  },
  {
    kind: "runbooks",
    asks: [
      /\b(?:run|play)-?books?\b|\b(?:remedies|remediations|recipes)\b|\bcookbook\b/u,
      /\bwhat can be (?:fixed|remediated|done)\b/u,
      /\bwhat can you (?:fix|remediate|repair|run|restart|do about)\b/u,
      /\b(?:what|which) (?:fixes|repairs|cures|remedy|actions?|automations?)\b(?!.{0,40}\b(?:ran|taken|run|happened|did|done|were|was)\b)/u,
    ],
  },
  {
    kind: "explain",
    asks: [
      /^(?:but |and |so |ok |hey )?(?:why|how come|what for)\b.{0,100}(?:\b(?:slow|flag\w*|alert\w*|down|high|anomal\w*|latency|cpu|memory|disk|load|fail\w*|red|spik\w*|climb\w*|grow\w*|pag(?:e|ed|ing)|firing|fire|fired|error\w*|crash\w*|restart\w*|reboot\w*|weird|hot|broken|dead|stuck|hung|trouble|incident|plan|score\w*|unhealthy|propos\w*|inc-\d+|plan-\d+|full|busy|low|dropped|jump\w*|wrong|degraded|unresponsive|out|unhappy|sick|struggling|dying|suspicious|unusual|complain\w*|flapping|lagging|timing|[a-z]+-?\d+)\b|^why(?: (?:that|this|it|is that|is this|is it|so))?$)/u,
    ],
  },
  {
    kind: "status",
    asks: [
      /^(?:is|are) .{0,60}\b(?:paused|muted|silenced|snoozed|frozen|unfrozen)\b/u,
      /^(?:is|are) .{0,30}\b(?:automation|kill switch|autonomy|remediation)\b/u,
    ],
  },
  {
    kind: "history",
    asks: [
      new RegExp(
        `^(?:and |so |but )?(?:who|whom)\\b(?! is (?:on call|on duty|oncall)).{0,60}\\b(?:${done})\\b|\\bwho (?:was it|did (?:this|that|it))\\b`,
        "u",
      ),
    ],
  },
  {
    kind: "history",
    asks: [
      new RegExp(
        `\\b(?:did|has|have|had) (?:anyone|anybody|someone|somebody|you|we|they|the bot|the system|any one|mara|jon)\\b.{0,60}\\b(?:${done})\\b`,
        "u",
      ),
    ],
  },
  {
    kind: "history",
    asks: [
      new RegExp(
        `\\b(?:when|did|was|were|has|have|is|how often|how many times)\\b.{0,60}\\b(?:${doneAlways})\\b(?! (?:out|low|high|hot)\\b)|\\b(?:did|has|have) plan-\\d+|\\bhow did plan-\\d+`,
        "u",
      ),
    ],
  },
  {
    kind: "history",
    asks: [
      /\bdid .{0,40}\b(?:work|help|succeed|go through|go well)\b|\bhistory\b|\baudit\b/u,
      /\btrack record\b|\btimeline\b/u,
      /\bwhat (?:did|have|has) (?:you|the bot|we|anyone|anybody|they|the team|\w+) (?:just )?(?:do|done|change|changed|run|ran|fixed|restarted|touched)\b/u,
      /\bwhat (?:was|has been|were|got|have been) (?:done|changed|run|approved|restarted|rebooted)\b/u,
      /\bwhat (?:actions|changes|remediations|reboots|restarts|commands) (?:were|was|have|has|did)\b/u,
      /\bwhat (?:has )?(?:recently |just )?changed\b/u,
      /\b(?:last|latest|recent|previous|past|most recent) (?:\d+ )?(?:changes?|actions?|reboots?|restarts?|approvals?|deploy\w*|activity|remediations?|plans?|decisions?|runs?|operations?|interventions?)\b/u,
      /\bwhat (?:has )?happened (?:to|with|on|at|after|with the)\b|\bwhat (?:became|has become) of\b/u,
      /\b(?:outcome|result|status|state) of plan-\d+|\b(?:is|was) plan-\d+/u,
      /\blog of (?:actions|approvals|changes|who)\b|\bpast (?:incidents|actions)\b/u,
      /\bwho is (?:responsible|to blame)\b/u,
    ],
  },
  {
    kind: "failure_risk",
    asks: [
      /\b(?:likely|likelihood|chances?|odds|probab\w+|risks?|risky|riskiest|at risk)\b/u,
      /\b(?:about to|going to|gonna) (?:fail|die|crash|fall over|fall|break|go down|blow up|keel over|tip over|explode|give up)\b/u,
      /\bnext to (?:die|fail|go|fall|crash|break)\b/u,
      /\b(?:will|would) .{0,40}\b(?:fail|die|crash|fall over|go down|break|survive|make it|last the night|blow up|keel over)\b/u,
      /\b(?:fail|die|crash|go down|break|fall over|dies|fails|crashes|breaks) (?:next|first|soon)\b/u,
      /\b(?:weakest|most fragile|shakiest|sickest|most endangered)\b/u,
      /\bfailure (?:risk|prediction|probability|forecast|odds|chance)s?\b/u,
      /\bpredict\w* .{0,20}\bfailures?\b|\bwhich .{0,40}\bworried about\b/u,
      /\bon (?:its|their) last legs\b/u,
    ],
  },
  {
    kind: "forecast",
    asks: [
      /\bwhen (?:will|does|do|would|is|are) .{0,60}\b(?:fill\w*|run(?:ning)? out|full|exhaust\w*|hit|reach\w*|breach\w*|exceed\w*|max\w*|overflow\w*|saturat\w*|cross\w*|out of|use up|used up|go over|go above)\b/u,
      /\bhow many (?:hours|days|minutes|weeks)\b/u,
      /\bhow long (?:until|till|before|do (?:we|i) have|have we got|does|will|can|is left|left|for)\b/u,
      /\b(?:run|running|runs) (?:out|low)\b|\bforecasts?\b|\bpredict(?:ion|ions|ed)?\b/u,
      /\bprojections?\b|\bprojected\b|\bproject the\b|\bhow soon\b|\beta\b/u,
      /\btime to (?:full|exhaustion|limit|breach)\b|\b(?:fill|fills|filling) up\b|\btrend(?:ing|s)?\b/u,
      /\b(?:going|about) to (?:fill|run out|exceed|hit|be full|max|breach|overflow|reach)\b/u,
      /\bnext \d+[mhdw]\b|\bby (?:tomorrow|tonight|monday|friday|next|the weekend|the end)\b/u,
      /\bextrapolat\w*\b|\boutlook\b|\bcapacity\b/u,
      /\b(?:days?|hours?|time|headroom|runway) (?:left|remaining)\b|\bheadroom\b|\brunway\b/u,
      /\b(?:in|within) \d+[hdw] (?:from now|time)\b/u,
      /\bwill .{0,40}\b(?:be (?:full|enough)|exceed|hit|reach|fill|breach|last|grow|go (?:above|over))\b/u,
      /\b(?:memory|disk|cpu|load|latency|traffic)\b.{0,30}\b(?:tomorrow|next \d*\w+|tonight)\b/u,
    ],
  },
  {
    kind: "chart",
    asks: [
      /\b(?:charts?|graphs?|plots?|plotted|draw|visuali[sz]e|picture of|sparklines?|time ?series|curves?|diagram|histogram)\b/u,
      /\bpng\b/u,
    ],
  },
  {
    kind: "logs",
    asks: [
      /\b(?:logs?|tail|journal(?:ctl)?|syslog|stderr|stdout|log (?:lines?|files?|output)|logfile|lines (?:of|from|on)|dmesg|access log|error log|stack ?traces?|logging)\b/u,
    ],
  },
  {
    kind: "explain",
    asks: [
      /\broot[ -]?cause\b|\brca\b/u,
      /\bwhat (?:is|was|has been|could be|might be) (?:the )?(?:caus(?:e|es|ing)|behind|reason|driving|making|triggering|responsible|causing)\b/u,
      /\bwhat (?:caused|causes|made|triggered|set off|led to|makes|drove)\b|\bcause of\b/u,
      /\breasons? (?:for|behind|why)\b/u,
      /\bwhat (?:is|was) (?:wrong|the matter|the problem|the issue|the deal|the story|going on|happening|up) (?:with|on|at|in|behind)\b/u,
      /\b(?:diagnose|culprit|post ?mortem)\b/u,
      /\bwhich metrics?\b.{0,40}\b(?:off|weird|odd|anomal\w*|responsible|to blame|flagged|unusual|caus\w*|behind|drove|bad)\b/u,
      /\b(?:what|who) is to blame\b|\bwhat does (?:inc|plan)-\d+ (?:mean|do|want)\b/u,
      /\bwhat (?:is|was) (?:inc-\d+ about|plan-\d+ (?:for|about|doing|going to do))\b/u,
      /\bwhat (?:would|will|does) (?:\w+ )?plan-\d+\b|\bexplain .{0,40}\b(?:inc|plan)-\d+/u,
      /\bexplain (?:it|this|that)\b|\bbreak down\b|\bdig into\b|\bwhat broke\b/u,
      /\bhow did (?:inc-\d+|this|that|it) (?:start|happen|begin|come about)\b/u,
    ],
  },
  {
    kind: "anomaly_check",
    asks: [
      /\banomal\w*\b|\bweird\w*\b|\bodd(?:ly|ities|ity)?\b(?!s)|\bstrange\w*\b|\bunusual\w*\b/u,
      /\babnormal\w*\b|\bfunny\b|\bfishy\b|\bsuspicious\w*\b|\bsus\b|\boutliers?\b/u,
      /\bout of the ordinary\b|\bmisbehav\w*\b/u,
      /\b(?:acting|playing|looking|seem(?:s|ing)?|look(?:s)?|anything|something|feel(?:s|ing)?|bit) (?:up|off|wrong|bad|amiss|ill|iffy|shady)\b/u,
      /\b(?:spikes?|spiking|spiked)\b|\bnormal(?:ly)?\b|\bas usual\b|\bthan usual\b/u,
      /\bbehav(?:e|es|ing|iour|ior)\b/u,
      /^(?:check|scan|inspect|examine|analy[sz]e|sniff|look at|look into|look over|investigate|take a look at|have a look at|eyeball)\b/u,
      /\banything (?:i should (?:know|worry)|to worry|worth|interesting|going on|up|concerning|worrying|happening|wrong)\b/u,
      /\b(?:should i be|need to be|am i|be) (?:worried|concerned)\b/u,
      /\bgo(?:es|ing)? (?:haywire|crazy|nuts|bananas|wild)\b/u,
      /\brun (?:a |an |the )?(?:check|scan|anomaly|detection|detector)\b/u,
    ],
  },
  {
    kind: "incidents",
    asks: [
      /\bincidents?\b|\balerts?\b|\balarms?\b|\balerting\b|\bfiring\b|\bon fire\b|\bburning\b/u,
      /\bfires?\b|\bpaging\b|\bbroken\b|\boutages?\b|\bproblems?\b|\bissues?\b/u,
      /\bopen (?:tickets?|cases?)\b|\btickets?\b/u,
      /\bwhat is (?:down|red|failing|wrong|bad)(?: right now| now| today| at the moment| currently)?$/u,
      /\btroubles?\b|\binc-\d+\b|\bwhat is (?:exploding|going wrong|screaming|melting)\b/u,
      /\banything (?:red|burning|broken|down|failing|dead)\b/u,
    ],
  },
  {
    kind: "help",
    asks: [
      /^(?:help|helping|halp|usage|manual|options|commands?|features|capabilities|hi|hello|hey|howdy|yo|sup|start|intro|menu|tutorial|docs|documentation|\?)(?: (?:me|there|bot|please|page|menu|out|us|all))*$/u,
      /\bwhat (?:can|do|could) (?:you|u|this|it|i|the bot)(?: even| actually)? (?:do|offer|support|understand|ask|know|handle|say|help)\b/u,
      /\bwhat (?:are|is) (?:your|the) (?:commands?|features|capabilities|options|abilities|skills|purpose|job)\b/u,
      /\bhow (?:do|does|can|would|should) (?:you|i|this|it|the bot|one|we|u|people)(?: even| actually)? (?:work|use|talk|operate|start|get started|interact|command|ask)\b/u,
      /\b(?:who|what) are you\b|\blist (?:of )?(?:the |all |your |available )*commands\b/u,
      /\b(?:show|list|see|give) .{0,20}\b(?:commands|help|options)\b|\bget(?:ting)? started\b/u,
      /\bi (?:need|want) (?:some )?help\b|\b(?:i am|we are) (?:lost|new here|new)\b/u,
      /\b(?:what|which) (?:commands|things|questions) (?:can|are|do|could)\b/u,
      /\bhelp (?:with|on|about)\b|\bhow to use\b|\bteach me\b/u,
    ],
  },
  {
    kind: "status",
    asks: [
      /^[a-z][\w.-]{0,80}\d[\w.-]{0,80} (?:still )?(?:ok|okay|up|alive|down|fine|good|dead|there|back)$/u,
      /\bstatus\b|\bhealth(?:y|ier|iest)?\b|\bunhealthy\b|\bhow (?:is|are|goes|was)\b/u,
      /\bhow (?:much|loaded|busy|full|high|low|hot|many)\b.{0,40}\b(?:using|used|free|use|have|has|is|are|targets|servers|boxes|hosts|machines|instances|left)\b/u,
      /\b(?:is|are|was|were) .{0,60}\b(?:up|ok|okay|alive|down|running|fine|working|well|alright|responding|reachable|online|offline|dead|live|good|green|happy|there|around|stable|slow|hot|busy|overloaded|breathing|available|back|in one piece|safe|paused|frozen|on|off|high|low|full)$/u,
      /\b(?:everything|all|things|we|systems?) (?:still )?(?:ok|fine|good|green|well|quiet|calm|normal|up|running|okay|alright|clear)\b/u,
      /\bstate of\b|\boverview\b|\bdashboard\b|\bsit ?rep\b|\bvitals\b|\buptime\b|\bhow loaded\b/u,
      /\b(?:still|up and) (?:up|running|alive|there)\b/u,
      /\b(?:pending|waiting|open|outstanding) (?:plans?|approvals?|proposals?|requests?|decisions?)\b/u,
      /\b(?:plans?|proposals?|approvals?|anything|what) .{0,20}\b(?:waiting|pending|awaiting)\b/u,
      /\bwhat is (?:the )?(?:current )?(?:cpu|memory|disk|load|latency|error|p95|traffic|rps|network|usage)\b/u,
      /\bping\b|\bkill switch\b|\bhow do(?:es)? .{0,40}\blook\b/u,
      /\bcurrent (?:cpu|memory|disk|load|latency|state|numbers|error rate)\b/u,
      /\bwhat is (?:up|happening|going on|cooking|shaking)$|\bcheck(?:ing)? in\b/u,
      /\bdoing (?:ok|okay|fine|well|good|alright)\b|\bdown\b/u,
    ],
  },
];
