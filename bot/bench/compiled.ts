/** Whether this is the compiled program: worker threads load no TypeScript. */
export const isCompiled = import.meta.url.endsWith(".js");
