/**
 * One round: a tag that all entries of a file carry is invalidated, once, while every one of them is live.
 */
import { recordOf } from "../contender.ts";
import { type Entrant, type Session, sample, TAG } from "./contender.ts";

/** What one round tells. */
export interface Measures {
  /** Microseconds of the call. */
  readonly call: number;
  /** Microseconds of a hit before the call, once all of the sample have been read. */
  readonly hit: number;
  /** Microseconds of the first read after the call. */
  readonly first: number;
  /** Microseconds of a read after the call, over the sample. */
  readonly after: number;
  /** Reads after the call, and how many of them were misses. */
  readonly reads: number;
  readonly misses: number;
  /** Steps of cleaning: milliseconds, and rows removed. Empty where there is no such call. */
  readonly steps: readonly { readonly milliseconds: number; readonly removed: number }[];
}

/** Calls before the one that counts, over a tag of a few other entries: by then statements and code are compiled. */
const WARM_UP = 20;

/** Steps of cleaning in a round, as long as there is something to remove. */
const STEPS = 10;

/** Runs a round over a file of the entrant's store. The file is spent then. */
export async function playRound(entrant: Entrant, session: Session, size: number): Promise<Measures> {
  const keys = sample(size);
  // Twice, so that what has a memory has them in it.
  await expectHits(entrant, session, keys);
  const hit = await timed(() => expectHits(entrant, session, keys));
  for (let i = 0; i < WARM_UP; i++) await session.write(`other:${i}`, recordOf(i), "other");
  await session.write("untouched", recordOf(0), "untouched");
  for (let i = 0; i < WARM_UP; i++) await session.invalidate("other");

  // Contenders that compare times in milliseconds must not see the entries and the invalidation in the same one. A timer
  // would let the processor fall asleep, and the call that counts would wake it, which takes longer than the call.
  for (const end = Date.now() + 3; Date.now() < end; );
  const call = await timed(() => session.invalidate(TAG));

  let misses = 0;
  const read = async (key: string): Promise<void> => {
    if ((await session.read(key)) == null) misses++;
  };
  const first = await timed(() => read(keys[0]!));
  const others = keys.slice(1);
  const after = await timed(async () => {
    for (const key of others) await read(key);
  });
  await expectHits(entrant, session, ["untouched"]);
  return {
    call: call * 1_000,
    hit: (hit * 1_000) / keys.length,
    first: first * 1_000,
    after: (after * 1_000) / others.length,
    reads: keys.length,
    misses,
    steps: await cleaned(session),
  };
}

async function cleaned({ clean }: Session): Promise<Measures["steps"]> {
  const steps: { milliseconds: number; removed: number }[] = [];
  for (let removed = 1; clean !== undefined && removed > 0 && steps.length < STEPS; ) {
    const milliseconds = await timed(async () => {
      removed = await clean();
    });
    if (removed > 0 || steps.length === 0) steps.push({ milliseconds, removed });
  }
  return steps;
}

async function expectHits({ label }: Entrant, session: Session, keys: readonly string[]): Promise<void> {
  for (const key of keys)
    if ((await session.read(key)) == null) throw new Error(`${label}: ${key} is a miss too early`);
}

async function timed(work: () => Promise<unknown>): Promise<number> {
  const start = performance.now();
  await work();
  return performance.now() - start;
}
