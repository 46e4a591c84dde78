/**
 * Access to one tier: under the cache's prefix, in the time that it has, and not before it was told what it missed while it failed. Here is
 * what is done to a tier as a whole; `layer.ts` does what is done to its entries.
 *
 * @module
 */
import type { Engine } from "../engine.ts";
import { MissingPackageError, TierError } from "../errors.ts";
import { then } from "../maybe.ts";
import { sharedPrefix } from "../resolved.ts";
import type { LayerCounters, TierHealth } from "../stats.ts";
import type {
  InvalidationMode,
  JournalPage,
  MaybePromise,
  ScanOptions,
  ScanResult,
  TagMatch,
  Tier,
  TierOperations,
} from "../tier.ts";
import { faceOf } from "./due.ts";
import { Guard, type GuardObserver } from "./guard.ts";
import { Missed } from "./missed.ts";
import { Notes } from "./notes.ts";
import { Prefix } from "./prefix.ts";

/** A tier in its place in the stack. Keys and tags that it is given, and gives, are those that the cache knows. */
export class TierAccess {
  readonly tier: Tier;
  readonly name: string;
  /** Place in the stack, 0 on top. */
  readonly index: number;
  /** Only this cache sees the tier: no prefix. */
  readonly isPrivate: boolean;
  /** It answers at once besides, so it is changed last: what is read below while that is being changed may be copied into it. */
  readonly isMemory: boolean;
  readonly counters: LayerCounters;
  readonly guard: Guard;
  readonly notes: Notes;
  protected readonly prefix: Prefix;
  protected readonly missed: Missed;
  readonly #engine: Engine;

  constructor(tier: Tier, index: number, engine: Engine, counters: LayerCounters, observer: GuardObserver) {
    const { options } = engine;
    const { shared, durable } = tier.capabilities;
    this.tier = tier;
    this.name = tier.name;
    this.index = index;
    this.isPrivate = !shared && !durable;
    this.isMemory = this.isPrivate && tier.fresh !== undefined;
    this.counters = counters;
    this.guard = new Guard(tier, options.clock, observer);
    this.prefix = new Prefix(this.isPrivate ? "" : sharedPrefix(options));
    this.missed = new Missed(tier, this.guard, this.prefix.text, engine);
    this.notes = new Notes(tier, this.guard, this.missed, this.prefix, engine);
    this.#engine = engine;
  }

  /** How the tier is asked in the call that runs. */
  protected get face(): TierOperations<unknown, "async"> {
    return faceOf(this.tier, this.#engine);
  }

  /** The key as this cache knows it, of a key as the tier knows it. */
  strip(key: string): string {
    return this.prefix.strip(key);
  }

  /** It cannot be told what is in the tier: it is cleared of our keys before it serves again. */
  forget(): void {
    this.missed.addAll();
  }

  clear(prefix: string, now: number): MaybePromise<TierError | undefined> {
    return then(
      this.guard.run("clear", (progress) => this.face.clear(this.prefix.text + prefix, now, progress)),
      (answer) => {
        if (answer instanceof TierError) {
          this.missed.addAll();
          return answer;
        }
        if (prefix === "") this.missed.cleared();
        return undefined;
      },
    );
  }

  /** Tells the tier what it missed, for the last time. */
  settle(): MaybePromise<unknown> {
    return then(this.missed.close(), (fault) => {
      const { size } = this.missed;
      if (!fault || size === 0) return;
      const message = `Gave up telling tier ${this.name} what it missed as it is closed: ${size} changes are not done`;
      this.guard.failed("close", new Error(message, { cause: fault }));
    });
  }

  scan(options: ScanOptions): MaybePromise<ScanResult | TierError> {
    return this.missed.ready(options.now, "scan", () =>
      this.face.scan!({ ...options, prefix: this.prefix.text + options.prefix }),
    );
  }

  size(prefix: string, now: number): MaybePromise<number | TierError> {
    return this.missed.ready(now, "size", () => this.face.size!(this.prefix.text + prefix, now));
  }

  /** Removes up to `limit` expired entries; answers with our keys among them, and how many it removed in all. */
  prune(limit: number, now: number): MaybePromise<{ keys: string[]; removed: number } | TierError> {
    const pruned = this.tier.prune ? this.missed.ready(now, "prune", () => this.face.prune!(limit, now), []) : [];
    return then(pruned, (answer) => {
      if (answer instanceof TierError) return answer;
      const ours = answer.filter((key) => key.startsWith(this.prefix.text));
      return { keys: ours.map((key) => this.strip(key)), removed: answer.length };
    });
  }

  /** @param sequence of the authority: with a later one of its own, the tier would refuse what is written under that from now on */
  invalidate(
    tags: readonly string[],
    match: TagMatch,
    mode: InvalidationMode,
    after: number,
    now: number,
    sequence: number = now,
  ): MaybePromise<number | TierError> {
    const whole = this.prefix.whole(tags);
    const run = () => this.face.invalidate!({ tags: whole, match, mode, after, now: Math.min(now, sequence) });
    const answer = this.missed.ready(now, "invalidate", run, []);
    return then(answer, (sequence) => {
      if (sequence instanceof TierError) this.missed.addBump({ tags: whole, match, mode, after: after + 1 });
      return sequence;
    });
  }

  /** What others changed in the tier since a position, as far as it concerns this cache. */
  journal(since: number | undefined): MaybePromise<JournalPage | TierError> {
    return then(
      this.guard.run("journal", () => this.face.journal!(since)),
      (page) => {
        if (page instanceof TierError) return page;
        // It answers.
        this.missed.tell(this.#engine.now());
        const { changes } = page;
        return changes ? { ...page, changes: changes.flatMap((change) => this.prefix.ours(change) ?? []) } : page;
      },
    );
  }

  /** Gives leases back; without a number, revokes whatever lease a key has. A tier that fails lets them run out. */
  release(leases: readonly { key: string; lease?: number }[]): MaybePromise<unknown> {
    const whole = leases.map((lease) => ({ ...lease, key: this.prefix.text + lease.key }));
    return this.guard.run("release", () => this.face.release!(whole));
  }

  /** Reads what no cache can have written, so that nothing is left behind. */
  probe(entries?: boolean): MaybePromise<Pick<TierHealth, "ok" | "latency" | "entries" | "error">> {
    const { capabilities, usage } = this.tier;
    const startedAt = this.#engine.now();
    const read = this.guard.run("probe", () =>
      then(this.face.getMany([this.prefix.reserved("probe")], { now: startedAt, peek: true }), () =>
        entries && capabilities.keys && !usage ? this.face.size!(this.prefix.text, startedAt) : undefined,
      ),
    );
    return then(read, (answer) => {
      const latency = this.#engine.now() - startedAt;
      if (answer instanceof TierError) return { ok: false, latency, error: told(answer) };
      return { ok: true, latency, ...(answer !== undefined && { entries: answer }) };
    });
  }
}

/** What is told of a fault: of a package that is not there, how to install it. */
function told({ message, cause }: TierError): string {
  return cause instanceof MissingPackageError ? cause.message : message;
}
