import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { describe, expect, it } from "vitest";
import { renderSettingsTable } from "../infra/config-texts.ts";
import { commands } from "../intents/commands.ts";
import { evaluate } from "./commands/evaluate.ts";

const root = new URL("../", import.meta.url);
const readme = readFileSync(new URL("README.md", root), "utf8");

const between = (name: string) =>
  (readme.split(`<!-- ${name} -->`)[1] ?? "").split(`<!-- /${name} -->`)[0]?.trim() ?? "";

describe("the README", () => {
  it("lists every setting as the program knows it", () => {
    expect(between("settings")).toBe(renderSettingsTable().trim());
  });

  it("shows the evaluation that its command prints", async () => {
    const printed = await evaluate({ dir: fileURLToPath(new URL("fixtures/captures/web-1", root)) });
    expect(between("evaluation")).toBe(`\`\`\`\n${printed.trim()}\n\`\`\``);
  });

  it("names every command that works, and says which are not built yet", () => {
    for (const [kind, command] of Object.entries(commands)) {
      const word = command.syntax.split(" ")[0] ?? kind;
      if (command.arrives === null) expect(readme, kind).toContain(word);
    }
    expect(readme).toContain("Not built yet");
  });

  it("links only to files that exist", () => {
    const links = [...readme.matchAll(/\]\(([^)#\s]+)\)/g)].map(([, path]) => path ?? "");
    expect(links.length).toBeGreaterThan(8);
    for (const path of links.filter((each) => !each.includes("://"))) {
      expect(() => readFileSync(new URL(path, root)), path).not.toThrow(/ENOENT/);
    }
  });
});
