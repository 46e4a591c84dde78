/** `npm run types`: every TypeScript project, the shipped sources without any ambient types. */

import { machineNode, programs } from "./project.mjs";
import { run } from "./run.mjs";
import { setUp } from "./setup.mjs";

await setUp();
for (const project of ["tsconfig.json", "tsconfig.dev.json"]) {
  const { code, output } = await run(machineNode, [programs.tsc, "-p", project]);
  console.log(`${project}: ${code === 0 ? "no errors" : `failed\n${output}`}`);
  if (code !== 0) process.exitCode = 1;
}
