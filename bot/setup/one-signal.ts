/** Something that happens at most once, such as the loss of the database: `give` says so, `given` resolves then. */
export function oneSignal(): { give: () => void; given: Promise<void> } {
  let give = (): void => undefined;
  const given = new Promise<void>((resolve) => (give = resolve));
  return { give, given };
}
