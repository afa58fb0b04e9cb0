// Compiles the program and the console's page into dist/ and copies what they read beside them.
// With --if-possible (npm's prepare) a missing compiler is one line, not an error: `npm ci --omit=dev`.
import { execFileSync } from "node:child_process";
import { cpSync, existsSync, rmSync, writeFileSync } from "node:fs";

const compiler = "node_modules/typescript/bin/tsc";
if (!existsSync(compiler)) {
  const message = "build: the TypeScript compiler is not installed, dist/ is left as it is";
  if (process.argv.includes("--if-possible")) {
    console.log(message);
    process.exit(0);
  }
  console.error(`${message}; run npm ci with development dependencies`);
  process.exit(1);
}

rmSync("dist", { recursive: true, force: true });
for (const project of ["tsconfig.build.json", "bot/console/page/tsconfig.json"]) {
  try {
    execFileSync(process.execPath, [compiler, "--project", project], { stdio: "inherit" });
  } catch {
    console.error(`build: ${project} does not compile`);
    process.exit(1);
  }
}
for (const path of ["bot/console/page", "remediation/runbooks", "remediation/rules.yaml"]) {
  cpSync(path, `dist/${path}`, {
    recursive: true,
    filter: (source) => !/\.ts$|tsconfig\.json$/.test(source),
  });
}

// Which commit this is, for what a model was trained by; null outside of a git checkout.
writeFileSync("dist/build.json", `${JSON.stringify({ commit: readCommit() })}\n`);

function readCommit() {
  if (!existsSync(".git")) return null;
  try {
    const options = { encoding: "utf8", stdio: ["ignore", "pipe", "ignore"] };
    return execFileSync("git", ["rev-parse", "HEAD"], options).trim();
  } catch {
    console.log("build: git does not answer, so the program does not know its commit");
    return null;
  }
}
