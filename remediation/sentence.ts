/** A capital first letter and a full stop. */
export function sentence(text: string): string {
  return withFullStop(capital(text));
}

/** What others say, such as the cloud's errors, ends as a sentence too; it may begin with an id, which stays as it is. */
export function withFullStop(text: string): string {
  return /[.!?]$/.test(text) ? text : `${text}.`;
}

export function capital(text: string): string {
  return text.charAt(0).toUpperCase() + text.slice(1);
}
