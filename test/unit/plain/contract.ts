import { plainStore } from "../../../adapters/plain/store.ts";
import { bytes } from "../../../src/bytes/bytes.ts";
import type { Tier } from "../../../src/tier.ts";
import type { TestCase } from "../../contract/mod.ts";
import { tierContract } from "../../contract/mod.ts";
import { type MapDriver, mapDriver } from "./map-driver.ts";

function suiteOf(name: string, lists: boolean): TestCase[] {
  const capabilities = { shared: true, ...(lists && { keys: true }) };
  const make = (driver: MapDriver): Tier =>
    bytes(plainStore({ name: "plain", capabilities, options: {}, driver, maxRecordBytes: 300_000 }));
  return tierContract({
    name,
    capabilities,
    create() {
      const driver = mapDriver({ lists });
      return { tier: make(driver), reopen: () => make(mapDriver({ records: driver.records, lists })) };
    },
  });
}

export const tests: TestCase[] = [...suiteOf("plain store", true), ...suiteOf("plain store without a list", false)];
