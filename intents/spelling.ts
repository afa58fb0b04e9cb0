/**
 * Corrects slips of the finger to a vocabulary, and only where one known word is clearly nearest: one slip in words
 * of four to seven letters, two in longer ones, the first letter kept. Words with digits or dashes are names and stay.
 */
export function correctSpelling(
  words: string,
  vocabulary: ReadonlySet<string>,
  isName: (word: string) => boolean,
): string {
  return words
    .split(" ")
    .map((word) =>
      isWord.test(word) && !vocabulary.has(word) && !isName(word)
        ? (nearest(word, vocabulary) ?? word)
        : word,
    )
    .join(" ");
}

const isWord = /^[a-z]{4,20}$/u;

function nearest(word: string, vocabulary: ReadonlySet<string>): string | undefined {
  const most = word.length >= 8 ? 2 : 1;
  let best: string | undefined;
  let bestDistance = most + 1;
  let tied = false;
  for (const known of vocabulary) {
    if (known.length < 3 || Math.abs(known.length - word.length) > most || !sameStart(word, known)) continue;
    const distance = slips(word, known);
    if (distance < bestDistance) [best, bestDistance, tied] = [known, distance, false];
    else if (distance === bestDistance) tied = true;
  }
  return tied ? undefined : best;
}

function sameStart(word: string, known: string): boolean {
  return word[0] === known[0] || (word[0] === known[1] && word[1] === known[0]);
}

/** Insertions, deletions, replacements and swaps of neighbours between two words (optimal string alignment). */
export function slips(one: string, other: string): number {
  let before: number[] = [];
  let above = Array.from({ length: other.length + 1 }, (_value, column) => column);
  for (let row = 1; row <= one.length; row++) {
    const current = [row];
    for (let column = 1; column <= other.length; column++) {
      const replaced = (above[column - 1] ?? 0) + (one[row - 1] === other[column - 1] ? 0 : 1);
      let least = Math.min(replaced, (above[column] ?? 0) + 1, (current[column - 1] ?? 0) + 1);
      const swapped =
        row > 1 && column > 1 && one[row - 1] === other[column - 2] && one[row - 2] === other[column - 1];
      if (swapped) least = Math.min(least, (before[column - 2] ?? 0) + 1);
      current.push(least);
    }
    [before, above] = [above, current];
  }
  return above[other.length] ?? 0;
}
