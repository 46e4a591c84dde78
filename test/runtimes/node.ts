// Under any Node: node test/runtimes/node.ts [part of the tests' names]
import { run } from "./run.ts";

const runtime = `node${process.versions.node.split(".")[0]}`;
const { failed } = await run({ runtime, grep: process.argv[2] });
process.exitCode = failed === 0 ? 0 : 1;
