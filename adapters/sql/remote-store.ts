/**
 * The tier over a database elsewhere: bytes in, bytes out, every operation one batch and so one round trip.
 *
 * The statements are those of the store in this process. What that one decides between two statements, the
 * database decides here by itself: whether a lease stands, whether there is anything to tell in the journal.
 *
 * @module
 */
import { CacheClosedError, ConfigError } from "../../src/errors.ts";
import type {
  Capabilities,
  JournalPage,
  MaybePromise,
  ReadOptions,
  ReadResult,
  ScanOptions,
  ScanResult,
  TagInvalidation,
  Tier,
  TierContext,
  TierOptions,
  Touch,
  Write,
  WriteResult,
} from "../../src/tier.ts";
import { Turns } from "../plain/turns.ts";
import { checkWrites } from "./check-writes.ts";
import type { Plan } from "./driver.ts";
import { lookStep, pageOf, recordSteps } from "./journal.ts";
import { releasePlan } from "./leases.ts";
import { pruneDeadPlan, pruneExpiredPlan, pruneTagsPlan } from "./prune.ts";
import { randomInteger } from "./random-integer.ts";
import { scanPlan, sizePlan } from "./reads.ts";
import { RemoteConnection, type RemoteSettings } from "./remote-connection.ts";
import { toldFault } from "./remote-faults.ts";
import { framed, tellInvalidation, tellTouches, tellWrites } from "./remote-journal.ts";
import { RemoteReader } from "./remote-reader.ts";
import { invalidatePlan } from "./tags.ts";
import { clearPlan, deletePlan, setPlan, touchPlan } from "./writes.ts";

/** What a {@linkcode remoteStore} is made of. */
export interface RemoteStoreOptions extends RemoteSettings {
  readonly name: string;
  readonly capabilities: Capabilities;
  readonly options: TierOptions;
  /** What messages call the database. */
  readonly service: string;
  /** Throws where it is known already that nothing can be connected. */
  readonly check?: () => void;
}

/** Makes the tier; wrap it by `bytes()`. */
export function remoteStore(options: RemoteStoreOptions): Tier<Uint8Array> {
  return new RemoteStore(options);
}

/** What there is while the store is open. */
interface Session {
  readonly connection: RemoteConnection;
  readonly reader: RemoteReader;
  /** Keeps changes in the order of their calls where each goes by itself at once. With one at a time the queue does. */
  readonly turns: Turns | undefined;
}

/** An operation that takes longer than the guard waits for, but not longer than this, is still waited for: 10 s. */
const PATIENCE = 10_000;

class RemoteStore implements Tier<Uint8Array> {
  readonly name: string;
  readonly capabilities: Capabilities;
  readonly options: TierOptions;
  readonly #settings: RemoteStoreOptions;
  #session: Session | undefined;
  #number: number | undefined;
  /** Where the next prune goes on looking for tags without entries. */
  #tagCursor = 0;

  constructor(settings: RemoteStoreOptions) {
    this.#settings = settings;
    this.name = settings.name;
    this.capabilities = settings.capabilities;
    this.options = settings.options;
  }

  get client(): unknown {
    return this.#session?.connection.handle;
  }

  /** Reaches for nothing: in a Worker nothing may be, outside of a request. */
  open({ clock, report }: TierContext): void {
    if (this.#session !== undefined) {
      throw new ConfigError(
        "tiers",
        `Cannot use tier ${this.name} as it must be in one cache only: received one that is open`,
      );
    }
    this.#settings.check?.();
    const connection = new RemoteConnection(this.#settings);
    const reader = new RemoteReader({
      connection,
      readOnly: this.#settings.readOnly,
      report: (kind, error, key) => report(kind, this.#told(error), key),
    });
    const isOrdered = this.#settings.slots.write === 1;
    const turns = isOrdered ? undefined : new Turns(() => clock.now(), PATIENCE);
    this.#session = { connection, reader, turns };
  }

  close(): MaybePromise<void> {
    const session = this.#session;
    this.#session = undefined;
    return session?.connection.close();
  }

  getMany(keys: readonly string[], options: ReadOptions): Promise<ReadResult<Uint8Array>> {
    return this.#do(({ reader }) => reader.read(keys, options));
  }

  setMany(writes: readonly Write<Uint8Array>[], _now: number): Promise<WriteResult> {
    const tags = [...new Set(writes.flatMap(({ entry }) => entry.tags))];
    const set = (): Promise<WriteResult> => this.#do((session) => this.#set(session, writes));
    return this.#inTurn(keysOf(writes), set, tags);
  }

  async #set({ connection }: Session, writes: readonly Write<Uint8Array>[]): Promise<WriteResult> {
    let answer: WriteResult | undefined;
    for (const some of this.#parts(checkWrites(this, writes))) {
      const isLeased = some.some(({ lease }) => lease !== undefined);
      const keys = keysOf(some);
      const before = isLeased ? tellWrites(this.#origin, some) : recordSteps(this.#origin, [{ by: "keys", keys }]);
      const { sequence, refused = [] } = await connection.run(framed(setPlan(some), before), "write");
      const all = [...(answer?.refused ?? []), ...refused];
      // The oldest sequence, as what is invalidated meanwhile must not pass for valid.
      answer = { sequence: answer?.sequence ?? sequence, ...(all.length > 0 && { refused: all }) };
    }
    return answer!;
  }

  deleteMany(keys: readonly string[], now: number): Promise<readonly boolean[]> {
    return this.#inTurn(keys, () => this.#change(deletePlan(keys, now)));
  }

  touchMany(touches: readonly Touch[], now: number): Promise<readonly boolean[]> {
    return this.#inTurn(keysOf(touches), () =>
      this.#write(() => framed(touchPlan(touches, now), tellTouches(this.#origin, touches, now))),
    );
  }

  clear(prefix: string, _now: number): Promise<void> {
    const clear = (): Promise<void> => this.#change(clearPlan(prefix));
    return this.#session?.turns?.changeAll(clear) ?? clear();
  }

  invalidate(invalidation: TagInvalidation): Promise<number> {
    const told = [tellInvalidation(this.#origin, invalidation)];
    const invalidate = (): Promise<number> => this.#write(() => framed(invalidatePlan(invalidation), [], told));
    return this.#session?.turns?.invalidate(invalidation.tags, invalidate) ?? invalidate();
  }

  prune(limit: number, now: number): Promise<readonly string[]> {
    return this.#do(async ({ connection }) => {
      const tags = pruneTagsPlan(this.#tagCursor, now);
      const expired = await connection.run(
        both(pruneExpiredPlan(limit, now), tags, (keys, cursor) => {
          this.#tagCursor = cursor;
          return keys;
        }),
        "write",
      );
      if (expired.length >= limit) return expired;
      return [...expired, ...(await connection.run(pruneDeadPlan(limit - expired.length), "write"))];
    });
  }

  scan(options: ScanOptions): Promise<ScanResult> {
    return this.#do(({ connection }) => connection.run(scanPlan(options), "read"));
  }

  size(prefix: string, now: number): Promise<number> {
    return this.#do(({ connection }) => connection.run(sizePlan(prefix, now), "read"));
  }

  journal(since?: number): Promise<JournalPage> {
    return this.#do(({ connection }) => {
      const look: Plan<JournalPage> = {
        steps: [lookStep(this.#origin, since)],
        finish: ([rows = []]) => pageOf(rows, since),
      };
      return connection.run(look, "read");
    });
  }

  release(leases: readonly { key: string; lease?: number }[]): Promise<void> {
    return this.#inTurn(keysOf(leases), () => this.#write(() => releasePlan(leases)));
  }

  #inTurn<T>(keys: readonly string[], run: () => Promise<T>, tags: readonly string[] = []): Promise<T> {
    return this.#session?.turns?.change([...new Set(keys)], run, tags) ?? run();
  }

  /** Tells our rows of the journal from others'. Drawn when needed, as a Worker has no random numbers while it loads. */
  get #origin(): number {
    return (this.#number ??= randomInteger());
  }

  /** A change that is told whatever comes of it. */
  #change<T>(plan: Plan<T>): Promise<T> {
    return this.#write(() => {
      const change = plan.changes?.(undefined as T);
      return change === undefined ? plan : framed(plan, recordSteps(this.#origin, [change]));
    });
  }

  #write<T>(plan: () => Plan<T>): Promise<T> {
    return this.#do(({ connection }) => connection.run(plan(), "write"));
  }

  /** Consecutive writes whose values go in one request together; one part at least. */
  #parts(writes: readonly Write<Uint8Array>[]): (readonly Write<Uint8Array>[])[] {
    const parts: Write<Uint8Array>[][] = [[]];
    let bytes = 0;
    for (const write of writes) {
      const { length } = write.entry.value;
      if (bytes > 0 && bytes + length > this.#settings.maxRequestBytes) {
        parts.push([]);
        bytes = 0;
      }
      parts.at(-1)!.push(write);
      bytes += length;
    }
    return parts;
  }

  /** Nothing that a client throws leaves as it is. */
  async #do<T>(run: (session: Session) => Promise<T>): Promise<T> {
    const session = this.#session;
    if (session === undefined) {
      throw new CacheClosedError(
        `Cannot use tier ${this.name} as it must be open: received a call before open or after close`,
      );
    }
    try {
      return await run(session);
    } catch (error) {
      throw this.#told(error);
    }
  }

  #told(error: unknown): Error {
    return toldFault(this.name, this.#settings.service, error);
  }
}

function keysOf(items: readonly { readonly key: string }[]): string[] {
  return items.map(({ key }) => key);
}

/** Two plans in one transaction. */
function both<A, B, T>(one: Plan<A>, two: Plan<B>, answer: (one: A, two: B) => T): Plan<T> {
  const { length } = one.steps;
  return {
    steps: [...one.steps, ...two.steps],
    finish: (rows) => answer(one.finish(rows.slice(0, length)), two.finish(rows.slice(length))),
  };
}
