/** The address part of an `instance` label: without its port, IPv6 without brackets. `10.0.1.5:9100` is `10.0.1.5`. */
export function addressOf(instance: string): string {
  const withoutPort = /^(.*?)(:\d+)?$/s.exec(instance)?.[1] ?? instance;
  return withoutPort.replace(/^\[(.*)\]$/, "$1");
}

/** Whether `instance` names a port. A bare IPv6 address, which has several colons, does not. */
export function hasPort(instance: string): boolean {
  return /^([^:]*|\[.*\]):\d+$/.test(instance);
}
