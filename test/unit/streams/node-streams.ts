import { createCache, memory } from "../../../mod.ts";
import { streams } from "../../../src/streams/mod.ts";
import { piecesOf } from "../../../src/streams/source.ts";
import { equal, rejects, same, suite, type TestCase } from "../../contract/mod.ts";
import { until } from "./tools.ts";

/** The part of Node's streams that is used here. */
interface Readable extends AsyncIterable<Uint8Array> {
  readonly destroyed: boolean;
}
interface NodeStream {
  readonly Readable: new (options: {
    read(this: { push(bytes: Uint8Array): void }): void;
    destroy?(error: unknown, done: (error: unknown) => void): void;
  }) => Readable;
}

/** `undefined` where there is none. */
function nodeStream(): NodeStream | undefined {
  const { process } = globalThis as { process?: { getBuiltinModule?: (id: string) => NodeStream | undefined } };
  try {
    return process?.getBuiltinModule?.("node:stream");
  } catch {
    return undefined;
  }
}

/** A stream that gives one piece and then nothing more; what its end fails with. */
function stuck({ Readable }: NodeStream, failure?: Error): Readable {
  let isGiven = false;
  return new Readable({
    read() {
      if (!isGiven) this.push(Uint8Array.of(1, 2, 3));
      isGiven = true;
    },
    destroy: (error, done) => done(failure ?? error),
  });
}

const stream = nodeStream();

/** Tests of what only Node and those that follow it have. */
function onNode(cases: Record<string, (stream: NodeStream) => Promise<void>>): TestCase[] {
  const named = Object.entries(cases).map(([name, run]) => [name, async () => run(stream!)] as const);
  const skip = stream?.Readable ? undefined : "there are no streams of Node";
  return suite("streams of Node", Object.fromEntries(named)).map((test) => ({ ...test, skip }));
}

export const tests: TestCase[] = [
  ...onNode({
    "an aborted write destroys a source that gives nothing more": async (stream) => {
      const files = streams(createCache({ tiers: [memory()] }));
      const source = stuck(stream);
      const stop = new AbortController();
      const set = files.set("k", source, { signal: stop.signal });
      stop.abort(new RangeError("enough"));
      await rejects(set, RangeError);
      await until(async () => source.destroyed);
    },
    "so it does in the midst of reading, also one that fails at its end": async (stream) => {
      for (const failure of [undefined, new TypeError("of the source")]) {
        const source = stuck(stream, failure);
        const pieces = piecesOf(source);
        equal(await pieces.next(), Uint8Array.of(1, 2, 3));
        const next = pieces.next().catch(() => undefined);
        pieces.cancel(new RangeError("enough"));
        same(source.destroyed, true);
        same(await next, undefined);
      }
    },
  }),
  ...suite("iterable sources", {
    "what can be destroyed is, as its iterator may not end before it gives something": async () => {
      const calls: string[] = [];
      const source = {
        [Symbol.asyncIterator]: () => ({
          next: () => new Promise<IteratorResult<Uint8Array>>(() => {}),
          async return() {
            calls.push("return");
            return { value: undefined, done: true as const };
          },
        }),
        on: (event: string) => void calls.push(`on ${event}`),
        destroy() {
          calls.push("destroy");
          throw new TypeError("of the source");
        },
      };
      const pieces = piecesOf(source);
      void pieces.next();
      pieces.cancel(new RangeError("enough"));
      await until(async () => calls.length === 3);
      equal(calls, ["on error", "destroy", "return"]);
    },
  }),
];
