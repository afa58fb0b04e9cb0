import { known, type Setting } from "./setting.ts";

/** Where people reach the bot, and where it keeps what it knows. */
export const pageSettings = [
  {
    ...known,
    name: "PORT",
    group: "page",
    fallback: "3000",
    meaning: "Port of the console and the HTTP API; 0 takes a free one",
  },
  {
    ...known,
    name: "HOST",
    group: "page",
    fallback: "127.0.0.1",
    meaning: "Address to listen on: an IP address or localhost",
  },
  {
    ...known,
    name: "SMARTCLOUDOPS_PUBLIC_URL",
    group: "page",
    meaning: "How people reach the console from elsewhere; used in links on cards",
  },
  {
    ...known,
    name: "SMARTCLOUDOPS_DATA_DIR",
    group: "page",
    fallback: "./data",
    meaning: "Folder of the store and the models",
  },
  {
    ...known,
    name: "DATABASE_URL",
    group: "page",
    secret: true,
    meaning:
      "PostgreSQL as the store: postgres://user:password@host:5432/name. Unset: SQLite in the data folder",
  },
] as const satisfies readonly Setting[];
