/** `tiercel bench`: measures the store. */
import type { AnyScopes, Cache } from "../../mod.ts";
import { command } from "../command.ts";
import { usage } from "../failure.ts";
import { count, duration } from "../units.ts";

interface Measured {
  readonly operation: string;
  /** Calls a second. */
  readonly rate: number;
  /** Milliseconds of one call. */
  readonly p50: number;
  readonly p99: number;
}

export default command({
  meta: {
    name: "bench",
    description: "Measure the store: reads, writes and deletions a second, and how long one takes",
  },
  args: {
    count: { type: "string", valueHint: "n", description: "Calls of each operation (default: 1000)" },
    size: { type: "string", valueHint: "bytes", description: "Size of a value (default: 1000)" },
    concurrency: { type: "string", valueHint: "n", description: "Calls at a time (default: 8)" },
  },
  details: "Works in a namespace of its own, and removes it in the end. Reads go past memory to the store.",
  examples: ["tiercel bench --count 5000 --concurrency 1", "tiercel bench --url redis://localhost --json"],
  async does(session) {
    const { output, signal } = session;
    const { cache, where } = await session.whole();
    if ((await session.store()).capabilities.readOnly)
      throw usage("Cannot measure as the store is open for reading only");
    const calls = session.integer("count") ?? 1_000;
    const bytes = session.integer("size") ?? 1_000;
    const concurrency = session.integer("concurrency") ?? 8;
    const place = cache.namespace(`tiercel-bench-${crypto.randomUUID()}`) as unknown as Cache<AnyScopes>;
    const top = cache.stats().tiers[0]!.name;
    const isStacked = cache.stats().tiers.length > 1;
    const value = "x".repeat(bytes);
    const operations: Record<string, (at: number) => Promise<unknown>> = {
      set: (at) => place.set(`key-${at}`, value, { ttl: "10m" }),
      get: (at) => place.get(`key-${at}`, { promote: false }),
      "get (miss)": (at) => place.get(`none-${at}`),
      "getMany (10)": (at) =>
        place.getMany(
          Array.from({ length: 10 }, (_, i) => `key-${(at + i) % calls}`),
          { promote: false },
        ),
      delete: (at) => place.delete(`key-${at}`),
    };
    const rows: Measured[] = [];
    try {
      for (const [operation, call] of Object.entries(operations)) {
        if (isStacked) await place.evictAll({ tier: top });
        const times: number[] = [];
        let next = 0;
        const worker = async (): Promise<void> => {
          while (next < calls) {
            signal.throwIfAborted();
            const begun = performance.now();
            await call(next++);
            times.push(performance.now() - begun);
          }
        };
        const begun = performance.now();
        await Promise.all(Array.from({ length: Math.min(concurrency, calls) }, worker));
        const took = performance.now() - begun;
        times.sort((a, b) => a - b);
        const at = (part: number): number => times[Math.min(times.length - 1, Math.floor(times.length * part))]!;
        rows.push({ operation, rate: (calls / took) * 1_000, p50: at(0.5), p99: at(0.99) });
      }
    } finally {
      await place.clear();
    }
    if (output.json) return output.document({ store: where, calls, size: bytes, concurrency, operations: rows });
    output.note(
      `${where}: ${count(calls)} calls each, ${count(concurrency)} at a time, values of ${count(bytes)} bytes`,
    );
    await output.table(
      ["OPERATION", "PER SECOND", "HALF WITHIN", "99% WITHIN"],
      rows.map(({ operation, rate, p50, p99 }) => [operation, count(rate), duration(p50), duration(p99)]),
    );
  },
});
