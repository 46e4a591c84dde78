/** A folder for what a run leaves behind. */

import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

/**
 * Makes an empty folder that is removed when this process ends. One that cannot be removed is told, and fails nothing.
 *
 * @param {string} name the beginning of its own
 */
export function makeScratch(name) {
  const folder = mkdtempSync(join(tmpdir(), name));
  process.once("exit", () => {
    try {
      rmSync(folder, { recursive: true, force: true, maxRetries: 10 });
    } catch (error) {
      console.log(`tiercel: ${folder} could not be removed: ${error}`);
    }
  });
  return folder;
}
