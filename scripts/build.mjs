/** `npm run build`: dist/ for publishing, after a type check of what is shipped. */

import { compile } from "./compile.mjs";
import { install } from "./install.mjs";
import { machineNode, programs } from "./project.mjs";
import { run } from "./run.mjs";

await install();
const { code } = await run(machineNode, [programs.tsc, "-p", "tsconfig.json"], { show: true });
if (code === 0) await compile({ force: true });
process.exitCode = code;
