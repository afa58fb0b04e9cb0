import { commandWords } from "./parse-command.ts";
import { slips } from "./spelling.ts";

/** The command's word that a text's first word was probably meant to be ("staus" => "status"), or null. */
export function suggestCommand(text: string): string | null {
  const typed = /^[a-z-]{3,20}/iu.exec(text.trim())?.[0]?.toLowerCase();
  if (typed === undefined) return null;
  const most = typed.length >= 6 ? 2 : 1;
  const near = commandWords()
    .map((word) => ({ word, distance: slips(typed, word) }))
    .filter(({ distance }) => distance <= most)
    .sort((one, other) => one.distance - other.distance);
  return near[0]?.word ?? null;
}
