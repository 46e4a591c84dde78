// deno run test/runtimes/deno.ts [part of the tests' names]
import { run } from "./run.ts";

declare const Deno: { readonly args: readonly string[]; exit(code: number): never };

const { failed } = await run({ runtime: "deno", grep: Deno.args[0] });
Deno.exit(failed === 0 ? 0 : 1);
