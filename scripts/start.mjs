/**
 * `npm start`: sets up what is missing, then runs the example application under the machine's own Node.
 * Arguments are passed on: `npm start -- --port 8080`.
 */

import { spawn } from "node:child_process";
import { whenAbandoned } from "./parent.mjs";
import { inside, machineNode } from "./project.mjs";
import { setUp } from "./setup.mjs";

await setUp();
const server = spawn(machineNode, [inside("dist/examples/web-app/server.js"), ...process.argv.slice(2)], {
  stdio: "inherit",
});
server.on("exit", (code, signal) => process.exit(code ?? (signal === "SIGINT" ? 130 : 143)));
process.on("SIGTERM", () => server.kill("SIGTERM"));
process.on("SIGHUP", () => server.kill("SIGHUP"));
// Ctrl-C at a terminal reaches the server by itself.
process.on("SIGINT", () => process.stdin.isTTY || server.kill("SIGINT"));
whenAbandoned(() => server.kill("SIGTERM"));
