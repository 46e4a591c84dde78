// bun test/runtimes/bun.ts [part of the tests' names]
import { run } from "./run.ts";

const { failed } = await run({ runtime: "bun", grep: process.argv[2] });
process.exitCode = failed === 0 ? 0 : 1;
