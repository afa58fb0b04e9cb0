/** One environment variable as people read about it: the source of `.env.example` and of the README's table. */
export type Setting = {
  name: string;
  group: "page" | "metrics" | "cloud" | "chat" | "behaviour" | "demo" | "later";
  meaning: string;
  /** As it would be written in the environment; null: unset has its own meaning, told in `meaning`. */
  fallback: string | null;
  /** May also come as `NAME_FILE`, the path of a file that holds it; never logged. */
  secret: boolean;
  /** Known to the design but not to this version: setting it is refused with this sentence. */
  later?: string;
};

/** What most settings are: no secret, and unset they have a meaning of their own. */
export const known = { secret: false, fallback: null } as const;
