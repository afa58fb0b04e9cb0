import type { Metric } from "./catalog.ts";

/** Everything Prometheus scrapes about itself or a machine: their `up` says nothing about a service. */
const notServices =
  "node|prometheus|alertmanager|grafana|pushgateway|cadvisor|kubelet|.*exporter.*|.*blackbox.*";
const realDisks = `device!~"(loop|ram|zram|dm-|md|sr|fd).*"`;
const realNetworks = `device!~"(lo|veth|docker|br-|cni|flannel|cali|virbr|ifb|tun|tap|dummy).*"`;
const realFilesystems =
  `fstype!~"tmpfs|ramfs|devtmpfs|overlay|squashfs|iso9660|nsfs|autofs|fuse.*|nfs.*|cifs",` +
  `mountpoint!~"/(boot|run|dev|proc|sys|snap|var/lib/(docker|containers|kubelet))($|/.*)"`;

/** node_exporter and the services of one machine differ only in the port: `address` is what they share. */
function byAddress(how: "sum" | "max" | "min" | "avg", vector: string): string {
  return `${how} by ($by) (label_replace(${vector}, "address", "$1", "instance", "(.*?)(:[0-9]+)?"))`;
}

/** Prometheus answers with a value up to five minutes old; only its timestamp tells. */
export const newestSample = byAddress("max", `timestamp(up{job!~"prometheus"})`);

const memoryUsed = "node_memory_MemTotal_bytes - node_memory_MemAvailable_bytes";
const filesystemUsed = `(node_filesystem_size_bytes{${realFilesystems}} - node_filesystem_free_bytes)`;
const requests = "rate(http_request_duration_seconds_count[$rate])";
const serverErrors = ["status", "status_code", "code"]
  .map((label) => `rate(http_request_duration_seconds_count{${label}=~"5.."}[$rate])`)
  .join(" or ");

/** Buckets of all services of an address are added first: the quantile is over every request, not a mean of quantiles. */
function quantile(q: number): string {
  const buckets = `rate(http_request_duration_seconds_bucket[$rate])`;
  return `histogram_quantile(${q}, ${byAddress("sum", buckets).replace("($by)", "($by, le)")})`;
}

/**
 * The metrics every target may have. Sources: node_exporter for the machine; for the service a histogram
 * `http_request_duration_seconds` with a label `status`, `status_code` or `code`, and a gauge `http_requests_in_flight`.
 *
 * Rules worth knowing: `service_up` is the worst `up` of the address's services, and node_exporter's `up` only where
 * no service is scraped; `disk_usage_percent` is the fullest real filesystem, as `df` counts it; `error_rate` is 0
 * with requests and no error, and has no sample without requests (as the latencies).
 */
export const builtinMetrics: readonly Metric[] = [
  {
    name: "service_up",
    title: "Service up",
    aliases: ["up", "availability"],
    unit: "up",
    range: [0, 1],
    worse: "less",
    // A service that does not answer once is worth more than any swing of a noisy machine.
    smallestChange: 0.01,
    limit: 0,
    combine: "min",
    expr:
      `${byAddress("min", `up{job!~"${notServices}"}`)} or on (address) ` +
      byAddress("min", `up{job=~"node|.*node.*exporter.*"}`),
  },
  {
    name: "cpu_usage_percent",
    title: "CPU usage",
    aliases: ["cpu", "cpu_usage", "cpu_percent", "processor"],
    unit: "percent",
    range: [0, 100],
    worse: "more",
    smallestChange: 2,
    limit: 95,
    combine: "max",
    expr: `clamp(100 - 100 * ${byAddress("avg", `rate(node_cpu_seconds_total{mode="idle"}[$rate])`)}, 0, 100)`,
  },
  {
    name: "memory_usage_bytes",
    title: "Memory used",
    aliases: ["memory_bytes", "memory_used"],
    unit: "bytes",
    range: [0, null],
    worse: "more",
    smallestChange: 256 * 1024 * 1024,
    limit: null,
    combine: "max",
    expr: byAddress("max", memoryUsed),
  },
  {
    name: "memory_usage_percent",
    title: "Memory usage",
    aliases: ["memory", "memory_usage", "mem", "ram", "memory_percent"],
    unit: "percent",
    range: [0, 100],
    worse: "more",
    smallestChange: 1,
    limit: 95,
    combine: "max",
    expr: byAddress("max", `100 * (${memoryUsed}) / node_memory_MemTotal_bytes`),
  },
  {
    name: "disk_usage_percent",
    title: "Disk usage",
    aliases: ["disk", "disk_usage", "disk_space", "disk_percent", "filesystem"],
    unit: "percent",
    range: [0, 100],
    worse: "more",
    smallestChange: 1,
    limit: 90,
    combine: "max",
    expr: byAddress(
      "max",
      `100 * ${filesystemUsed} / (${filesystemUsed} + node_filesystem_avail_bytes) unless node_filesystem_readonly == 1`,
    ),
  },
  {
    name: "disk_read_bytes_per_second",
    title: "Disk reads",
    aliases: ["disk_read", "disk_reads", "reads"],
    unit: "bytes_per_second",
    range: [0, null],
    worse: "either",
    smallestChange: 1e6,
    limit: null,
    combine: "max",
    expr: byAddress("sum", `rate(node_disk_read_bytes_total{${realDisks}}[$rate])`),
  },
  {
    name: "disk_write_bytes_per_second",
    title: "Disk writes",
    aliases: ["disk_write", "disk_writes", "writes"],
    unit: "bytes_per_second",
    range: [0, null],
    worse: "either",
    smallestChange: 1e6,
    limit: null,
    combine: "max",
    expr: byAddress("sum", `rate(node_disk_written_bytes_total{${realDisks}}[$rate])`),
  },
  {
    name: "network_receive_bytes_per_second",
    title: "Network in",
    aliases: ["network_receive", "network_in", "network", "receive"],
    unit: "bytes_per_second",
    range: [0, null],
    worse: "either",
    smallestChange: 1e6,
    limit: null,
    combine: "max",
    expr: byAddress("sum", `rate(node_network_receive_bytes_total{${realNetworks}}[$rate])`),
  },
  {
    name: "network_transmit_bytes_per_second",
    title: "Network out",
    aliases: ["network_transmit", "network_out", "transmit"],
    unit: "bytes_per_second",
    range: [0, null],
    worse: "either",
    smallestChange: 1e6,
    limit: null,
    combine: "max",
    expr: byAddress("sum", `rate(node_network_transmit_bytes_total{${realNetworks}}[$rate])`),
  },
  {
    name: "load1",
    title: "Load (1 min)",
    aliases: ["load", "load_average", "loadavg"],
    unit: "count",
    range: [0, null],
    worse: "more",
    smallestChange: 0.5,
    limit: null,
    combine: "max",
    expr: byAddress("max", "node_load1"),
  },
  {
    name: "active_requests",
    title: "Active requests",
    aliases: ["active", "in_flight", "inflight", "concurrency", "connections"],
    unit: "count",
    range: [0, null],
    worse: "more",
    smallestChange: 3,
    limit: null,
    combine: "sum",
    expr: byAddress("sum", "http_requests_in_flight"),
  },
  {
    name: "requests_per_second",
    title: "Requests",
    aliases: ["requests", "rps", "request_rate", "traffic", "throughput", "qps"],
    unit: "per_second",
    range: [0, null],
    worse: "either",
    smallestChange: 5,
    limit: null,
    combine: "sum",
    expr: byAddress("sum", requests),
  },
  {
    name: "error_rate",
    title: "Error rate",
    aliases: ["errors", "error", "error_ratio", "5xx"],
    unit: "fraction",
    range: [0, 1],
    worse: "more",
    smallestChange: 0.01,
    limit: 0.05,
    combine: "max",
    expr:
      `(${byAddress("sum", serverErrors)} or 0 * ${byAddress("sum", requests)})` +
      ` / ${byAddress("sum", requests)}`,
  },
  {
    name: "response_time_p50_seconds",
    title: "Response time p50",
    aliases: ["p50", "median_latency", "response_time_p50"],
    unit: "seconds",
    range: [0, null],
    worse: "more",
    smallestChange: 0.005,
    limit: null,
    combine: "max",
    expr: quantile(0.5),
  },
  {
    name: "response_time_p95_seconds",
    title: "Response time p95",
    aliases: ["p95", "latency", "response_time", "response_time_p95"],
    unit: "seconds",
    range: [0, null],
    worse: "more",
    smallestChange: 0.005,
    limit: null,
    combine: "max",
    expr: quantile(0.95),
  },
  {
    name: "response_time_p99_seconds",
    title: "Response time p99",
    aliases: ["p99", "tail_latency", "response_time_p99"],
    unit: "seconds",
    range: [0, null],
    worse: "more",
    smallestChange: 0.01,
    limit: null,
    combine: "max",
    expr: quantile(0.99),
  },
];
