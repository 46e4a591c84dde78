import type { TestCase } from "../../contract/mod.ts";
import { ok, suite } from "../../contract/mod.ts";
import { readThrough } from "./read-through.ts";

/** Hashes for each of so many new numbers. */
function hashesOfScan(cache: ReturnType<typeof readThrough>, first: number, count: number): number {
  const before = cache.hashed;
  for (let key = first; key < first + count; key++) cache.ask(key);
  return (cache.hashed - before) / count;
}

/** Hashes for each miss of a loop that is half as large again as the cache, so that what left always comes back. */
function hashesOfLoop(cache: ReturnType<typeof readThrough>, size: number, count: number): number {
  const before = cache.hashed;
  let misses = 0;
  for (let i = 0; i < count; i++) if (!cache.ask(i % size)) misses++;
  return (cache.hashed - before) / misses;
}

/** See test/runtimes/run.ts. */
export const isCalculation = true;

export const tests: TestCase[] = suite("memory doze", {
  "in a long scan hardly any entry is hashed": () => {
    for (const room of [100, 1_000, 10_000]) {
      const cache = readThrough(room);
      for (let key = 0; key < 2 * room; key++) cache.ask(key);
      const perEntry = hashesOfScan(cache, 1_000_000, 20 * room);
      ok(perEntry < 0.25, `${perEntry} hashes for each entry, with room for ${room}`);
    }
  },
  "a stranger taken for somebody who comes back does not end the doze": () => {
    const cache = readThrough(2_000);
    let asked = 0;
    for (let part = 0; part < 20; part++) if (hashesOfScan(cache, 1_000_000 * (part + 1), 10_000) > 0.4) asked++;
    ok(asked <= 1, `in ${asked} of 20 parts of a scan more than two in five were hashed`);
  },
  "where entries come back it is awake, before a scan and after it": () => {
    for (const room of [200, 2_000]) {
      const cache = readThrough(room);
      for (const first of [1_000_000, 2_000_000]) {
        hashesOfLoop(cache, 1.5 * room, 10 * room);
        const perMiss = hashesOfLoop(cache, 1.5 * room, 10 * room);
        ok(perMiss >= 1, `${perMiss} hashes for each miss, with room for ${room}`);
        hashesOfScan(cache, first, 20 * room);
      }
    }
  },
  "what comes back after a long scan is found out soon": () => {
    const cache = readThrough(1_000);
    hashesOfScan(cache, 1_000_000, 50_000);
    // A loop that is larger than the cache: a part of it must stay.
    let hits = 0;
    for (let i = 0; i < 30_000; i++) if (cache.ask(i % 1_500) && i >= 15_000) hits++;
    ok(hits > 0.4 * 15_000, `${hits} hits of 15000`);
  },
});
