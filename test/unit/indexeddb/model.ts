import { indexedDb } from "../../../adapters/indexeddb.ts";
import { memory } from "../../../mod.ts";
import type { TestCase } from "../../contract/mod.ts";
import { model } from "../cache/model.ts";
import { faulty } from "../cache/stacks.ts";
import { deleteDatabase, inBrowsers, newName } from "./raw.ts";

export const tests: TestCase[] = inBrowsers("memory over indexedDb against the model", () =>
  model({
    name: "memory+indexeddb",
    depth: 2,
    shared: true,
    tags: true,
    store() {
      const database = newName();
      return {
        // The clock runs ahead of the database.
        tiers: ({ upper, lower }) => [memory(upper), faulty(indexedDb(database, { timeout: "1000h", ...lower }))],
        dispose: () => deleteDatabase(database),
      };
    },
  }),
);
