/** Words people use, by the catalog's name. Names and the catalog's own aliases are understood as well. */
const words: Readonly<Record<string, string>> = {
  service_up: "service up|availability|uptime",
  cpu_usage_percent: "cpu usage|cpu utilisation|cpu utilization|cpu load|cpu_usage|processor|cpu",
  memory_usage_bytes: "memory bytes|memory in bytes|resident memory|rss",
  // In chat only: the answers convert it from the catalog's bytes.
  memory_usage_mb: "memory usage mb|memory usage in mb|memory in mb|memory mb",
  memory_usage_percent: "memory usage|memory utilization|memory_usage|memory|mem usage|mem|ram usage|ram",
  disk_usage_percent:
    "disk usage|disk space|disk_usage|diskspace|free space|filesystem|storage|hard drive|disks|disk|drive",
  disk_read_bytes_per_second: "disk reads|disk read|read throughput",
  disk_write_bytes_per_second: "disk writes|disk write|disk io|disk i/o|iops|write throughput",
  network_receive_bytes_per_second:
    "network receive|network in|network traffic|inbound traffic|incoming traffic|bytes in|ingress|bandwidth|network|net in",
  network_transmit_bytes_per_second:
    "network transmit|network out|outbound traffic|outgoing traffic|bytes out|egress|net out",
  load1: "load average|load avg|loadavg|system load|load",
  active_requests: "active requests|in-flight requests|inflight requests|in flight requests|concurrency",
  requests_per_second: "requests per second|request rate|requests|throughput|traffic|rps|qps",
  error_rate: "error rate|error ratio|errors|5xx|500s",
  response_time_p50_seconds: "median latency|median response time|p50 latency|p50",
  response_time_p95_seconds:
    "p95 latency|95th percentile|p95|latency|latencies|response times|response time|response_time|slowness",
  response_time_p99_seconds: "p99 latency|99th percentile|tail latency|p99",
};

const nameOf = new Map<string, string>();
for (const [name, aliases] of Object.entries(words)) {
  nameOf.set(name, name);
  for (const alias of aliases.split("|")) nameOf.set(alias, name);
}
const escaped = [...nameOf.keys()]
  .sort((one, other) => other.length - one.length)
  .map((alias) => alias.replace(/[/\\^$*+?.()[\]{}|]/gu, "\\$&"));
const anyMetric = new RegExp(`(?<![\\w-])(?:${escaped.join("|")})(?![\\w-])(?! balancer)`, "u");

/** The catalog's name of a word or words such as "cpu" or "disk space", or undefined. */
export function metricNamed(text: string): string | undefined {
  return nameOf.get(text);
}

/** The catalog's name of the first metric named in lower-case words, or undefined. */
export function metricIn(text: string): string | undefined {
  const found = anyMetric.exec(text);
  return found === null ? undefined : nameOf.get(found[0]);
}
