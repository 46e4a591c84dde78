/**
 * The runs find what they are there to find: each of these caches is broken on purpose.
 */
import assert from "node:assert/strict";
import { test } from "node:test";
import type { FaultName } from "./broken.ts";
import { inFolder } from "./folder.ts";
import { type Outcome, type RunOptions, run, tell } from "./run.ts";

/** Two of them in `npm test`, where all take half a minute. */
const skip = (name: string): string | false =>
  process.env.TIERCEL_LONG || /leaves out keys|deletion before/.test(name)
    ? false
    : "npm run test:long has all of them";

/** Most runs until a fault must have been found. Each of them is found in the first or second. */
const MOST = 20;

type Setting = Omit<RunOptions, "folder" | "seed" | "operations">;

const coherent: Setting = { memory: true, coherence: 0, bounds: { read: 0 } };
const alone: Setting = { memory: false, coherence: "forever", bounds: { read: 0, load: Infinity } };

const settings: Record<string, Setting> = {
  "whose memory never follows other processes": { memory: true, coherence: "forever", bounds: { read: 100 } },
  "that stores what was loaded before a mutation": { ...alone, fault: "unfenced" },
  "that acknowledges an invalidation by tag before it is done": { ...alone, fault: "hasty" },
  "that acknowledges a deletion before it is done": { ...alone, fault: "hastyDeletion" },
  "whose journal leaves out keys": { ...coherent, fault: "deafToKeys" },
  "whose journal leaves out prefixes": { ...coherent, fault: "deafToPrefixes" },
  "whose journal leaves out tags": { ...coherent, fault: "deafToTags" },
};

function runOnce(setting: Setting, seed: number): Promise<Outcome> {
  return inFolder((folder) => run({ ...setting, folder, seed, operations: 1_000 }));
}

for (const [name, setting] of Object.entries(settings)) {
  test(`a cache ${name} is found out`, { skip: skip(name) }, async () => {
    for (let seed = 1; seed <= MOST; seed++) {
      const { violations } = await runOnce(setting, seed);
      if (violations.some(({ kind }) => kind === "invalidated")) return;
    }
    assert.fail(`nothing was found in ${MOST} runs`);
  });
}

const none: FaultName = "none";
for (const [name, setting] of Object.entries({ "in both tiers": coherent, "in SQLite alone": alone })) {
  test(`the way in which these caches are broken is no fault by itself ${name}`, async () => {
    const outcome = await runOnce({ ...setting, fault: none }, 1);
    assert.equal(outcome.violations.length, 0, tell(outcome, { seed: 1 }));
  });
}
