/** "2026-11-20 14:03:07 UTC" of unix ms: for the person who reads who holds the store. */
export function writtenTime(at: number): string {
  return `${new Date(at).toISOString().slice(0, 19).replace("T", " ")} UTC`;
}
