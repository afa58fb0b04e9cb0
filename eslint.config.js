import tseslint from "typescript-eslint";

const refuse = (selector, message) => ({ selector, message });

/** Names that are imported are the names that were given: no barrels, no defaults. */
const modules = [
  refuse("ExportAllDeclaration", "Import the file itself: a folder is no module."),
  refuse("ExportDefaultDeclaration", "Export by name."),
];
/** Time and chance are arguments (CONTRIBUTING.md). */
const hiddenInputs = [
  refuse('MemberExpression[object.name="Date"][property.name="now"]', "Take the time as an argument."),
  refuse('MemberExpression[object.name="performance"][property.name="now"]', "Take the time as an argument."),
  refuse('NewExpression[callee.name="Date"][arguments.length=0]', "Take the time as an argument."),
  refuse('MemberExpression[object.name="Math"][property.name="random"]', "Take chance as an argument."),
  refuse("CallExpression[callee.name=/^set(Timeout|Interval)$/]", "Waiting is an argument."),
];
const tests = /^(test|it|describe)$/;
/** A test that does not run proves nothing; a mock proves what it was told. */
const testing = [
  refuse(`MemberExpression[object.name=${tests}][property.name=/^(only|skip|todo)$/]`, "Let every test run."),
  refuse('MemberExpression[object.name="vi"][property.name=/^(mock|fn)$/]', "Write a fake with state."),
];

export default tseslint.config(
  {
    ignores: [
      "dist/",
      "node_modules/",
      "data/",
      "coverage/",
      ".stryker-tmp/",
      "**/*.mjs",
      "**/*.cjs",
      "**/*.js",
    ],
  },
  ...tseslint.configs.recommended,
  {
    languageOptions: {
      parserOptions: {
        project: ["./tsconfig.json", "./bot/console/page/tsconfig.json"],
        tsconfigRootDir: import.meta.dirname,
      },
    },
    rules: {
      "@typescript-eslint/no-floating-promises": "error",
      "@typescript-eslint/no-misused-promises": "error",
      "@typescript-eslint/await-thenable": "error",
      "@typescript-eslint/switch-exhaustiveness-check": [
        "error",
        { considerDefaultExhaustiveForUnions: true },
      ],
      "@typescript-eslint/no-unused-vars": ["error", { argsIgnorePattern: "^_" }],
      "no-empty": ["error", { allowEmptyCatch: false }],
      eqeqeq: "error",
      "no-warning-comments": ["error", { terms: ["todo", "fixme", "xxx"], location: "start" }],
      "no-restricted-syntax": ["error", ...modules, ...testing],
    },
    // A rule is right or it is changed here.
    linterOptions: { noInlineConfig: true },
  },
  {
    files: ["intents/**/*.ts", "ml/**/*.ts", "remediation/**/*.ts"],
    ignores: ["**/*.test.ts"],
    rules: { "no-restricted-syntax": ["error", ...modules, ...hiddenInputs] },
  },
  {
    files: ["*.config.ts"],
    rules: { "no-restricted-syntax": "off" },
  },
);
