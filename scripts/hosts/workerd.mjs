/** The portable suites for `workerd test`, with nodejs_compat or bare. */

import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { bundle } from "../bundle.mjs";
import { programs } from "../project.mjs";

/**
 * @param {{ runtime: string, compat: boolean, grep: string, folder: string }} options
 *   `folder` is an empty one, for the bundle and its configuration
 * @returns the command that runs them
 */
export async function prepareWorkerd({ runtime, compat, grep, folder }) {
  await bundle("test/runtimes/workerd.ts", join(folder, "suites.js"), {
    conditions: ["workerd", "worker", "browser"],
    external: ["node:*", "cloudflare:*"],
  });
  // Since August 2026 nodejs_compat is on by default: bare means to switch it off.
  const flags = compat ? ["nodejs_compat"] : ["no_nodejs_compat", "no_nodejs_compat_v2"];
  const text = (/** @type {string} */ value) => JSON.stringify(value);
  const config = `
using Workerd = import "/workerd/workerd.capnp";

const config :Workerd.Config = (services = [(name = "suites", worker = .suites)]);

const suites :Workerd.Worker = (
  modules = [(name = "suites.js", esModule = embed "suites.js")],
  compatibilityDate = "2026-11-17",
  compatibilityFlags = [${flags.map(text).join(", ")}],
  bindings = [(name = "RUNTIME", text = ${text(runtime)}), (name = "GREP", text = ${text(grep)})],
);
`;
  writeFileSync(join(folder, "config.capnp"), config);
  return { program: programs.workerd, args: ["test", join(folder, "config.capnp")], cwd: folder };
}
