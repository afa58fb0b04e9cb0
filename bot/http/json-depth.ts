const quote = 0x22;
const escape = 0x5c;
const opens = new Set([0x5b, 0x7b]);
const closes = new Set([0x5d, 0x7d]);

/**
 * Whether JSON is nested deeper than `most`, told before it is read: ten megabytes of brackets keep a parser busy for
 * seconds, and what walks through the result by calling itself runs out of stack.
 */
export function isDeeperThan(text: string, most: number): boolean {
  let depth = 0;
  let inString = false;
  for (let at = 0; at < text.length; at += 1) {
    const letter = text.charCodeAt(at);
    if (letter === quote) inString = !inString;
    else if (inString && letter === escape) at += 1;
    else if (inString) continue;
    else if (opens.has(letter)) {
      depth += 1;
      if (depth > most) return true;
    } else if (closes.has(letter)) depth -= 1;
  }
  return false;
}
