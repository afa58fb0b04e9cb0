/** Which service a target belongs to: its tag `service`, else its role, else it is one by itself. */
export function serviceOf({ name, tags }: { name: string; tags: Record<string, string> }): string {
  return tags["service"] ?? tags["role"] ?? name;
}
