/** `npm run bench`: the benchmarks under Node 24. Arguments are passed on. */

import { inside, programs } from "./project.mjs";
import { run } from "./run.mjs";
import { setUp } from "./setup.mjs";

await setUp();
const { code } = await run(programs.node24, [inside("bench/run.ts"), ...process.argv.slice(2)], {
  show: true,
  limit: 7_200_000,
});
process.exitCode = code;
