#!/usr/bin/env node
/**
 * The command line `tiercel`.
 *
 * @module
 */
import process from "node:process";

/** Keeps what V8 made of the sources for the next time, where the runtime can (Node 22.8): half of what a short command takes. */
interface CompileCache {
  enableCompileCache?(): unknown;
}

(process.getBuiltinModule?.("node:module") as CompileCache | undefined)?.enableCompileCache?.();
const { start } = await import("./start.ts");
await start(process.argv.slice(2));
