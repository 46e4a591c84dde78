import { byStreams, byZlib } from "../../../src/bytes/compression/engines.ts";
import { Packer } from "../../../src/bytes/compression/packer.ts";
import { ok, rejects, same } from "../../contract/assert.ts";
import { suite, type TestCase } from "../../contract/suite.ts";

const settings = { threshold: 0, minGain: 0, maxSize: 2 ** 20, format: "deflate-raw" } as const;
/** Deflate-raw that says of itself that it has 10,000 bytes. */
const LIAR = Uint8Array.of(1, 0x90, 0x4e, 1, 2, 3);

export const tests: TestCase[] = suite("bombs", {
  "zlib is told how much it may make, whatever there is": async () => {
    const limits: unknown[] = [];
    const asked = (_: Uint8Array, options?: { maxOutputLength?: number }): Uint8Array<ArrayBuffer> => {
      limits.push(options?.maxOutputLength);
      throw new RangeError("larger than told");
    };
    const reader = byZlib({ inflateRawSync: asked, inflateRaw: asked } as never);
    await rejects(async () => new Packer(settings, () => reader).unpack(LIAR, false), "CORRUPT");
    same(limits.length, 1);
    ok((limits[0] as number) >= 10_000 && (limits[0] as number) < 100_000, String(limits[0]));
  },
  "a stream is read no further than what it says": async () => {
    const scope = globalThis as { DecompressionStream?: unknown };
    const own = Object.getOwnPropertyDescriptor(scope, "DecompressionStream");
    let made = 0;
    class Endless {
      readonly writable = new WritableStream();
      readonly readable = new ReadableStream<Uint8Array>(
        {
          pull(controller) {
            if (++made > 1_000) controller.close();
            else controller.enqueue(new Uint8Array(1_000));
          },
        },
        { highWaterMark: 0 },
      );
    }
    Object.defineProperty(scope, "DecompressionStream", { value: Endless, configurable: true, writable: true });
    try {
      await rejects(async () => new Packer(settings, byStreams).unpack(LIAR, false), "CORRUPT");
    } finally {
      if (own) Object.defineProperty(scope, "DecompressionStream", own);
      else delete scope.DecompressionStream;
    }
    ok(made <= 12, `${made} pieces of 1,000 bytes`);
  },
});
