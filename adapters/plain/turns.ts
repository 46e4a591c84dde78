/**
 * Turns: operations on one key take effect in the order of their calls, in stores that promise no order by themselves.
 *
 * @module
 */
import { alive, joined } from "../../src/joined.ts";

/** One operation. */
interface Turn {
  /** Ends with the operation, however it ends. */
  readonly over: Promise<void>;
  isOver: boolean;
  /** From then on, by the clock, nobody waits for it. */
  due: number;
}

/** What is under way on one key, or on a tag. */
interface Line {
  /** Of a key at most one; on a tag, invalidations. */
  readonly changes: Set<Turn>;
  /** On a tag, writes. */
  readonly reads: Set<Turn>;
}

/** Tags have lines of their own. A key that is called like that of a tag only waits without need. */
const lineOf = (tag: string): string => `\0tag:${tag}`;

/** Ends with a turn, or when it will not, as it was part of a request of a Worker that has ended. */
async function ended(turn: Turn): Promise<void> {
  if (!(await joined(turn.over))) turn.isOver = true;
}

/** Lets reads of a key run together, and a change of it alone. */
export class Turns {
  readonly #lines = new Map<string, Line>();
  readonly #now: () => number;
  readonly #patience: number;
  /** The last change of everything. */
  #whole: Turn | undefined;

  /**
   * @param now the clock
   * @param patience how long an operation may take, in milliseconds. One that hangs for longer blocks its keys no more; what
   * it does after that, it does out of turn.
   */
  constructor(now: () => number, patience: number) {
    this.#now = now;
    this.#patience = patience;
  }

  /** Runs after the changes of these keys that were asked for before. */
  read<T>(keys: readonly string[], run: () => Promise<T>): Promise<T> {
    const before: (Turn | undefined)[] = [this.#whole];
    for (const key of keys) before.push(...(this.#lines.get(key)?.changes ?? []));
    return this.#queue(before, run, (turn) => {
      for (const key of keys) this.#join(key, "reads", turn);
      return () => this.#leave(keys, turn);
    });
  }

  /**
   * Runs after everything that was asked for before on these keys.
   *
   * @param tags those of what is written: it runs after their invalidations that run already, too
   */
  change<T>(keys: readonly string[], run: () => Promise<T>, tags: readonly string[] = []): Promise<T> {
    const before: (Turn | undefined)[] = [this.#whole];
    for (const key of keys) {
      const line = this.#lines.get(key);
      if (line !== undefined) before.push(...line.changes, ...line.reads);
    }
    const names = tags.map(lineOf);
    for (const name of names) before.push(...(this.#lines.get(name)?.changes ?? []));
    return this.#queue(before, run, (turn, gate) => {
      // Whoever comes later waits for this one, which waits for those that it replaces.
      for (const key of keys) this.#lines.set(key, { changes: new Set([turn]), reads: new Set() });
      for (const name of names) {
        this.#shut(name, "changes", gate);
        this.#join(name, "reads", turn);
      }
      return () => this.#leave([...keys, ...names], turn, gate);
    });
  }

  /**
   * An invalidation: runs after the changes with these tags that were asked for before, beside other invalidations. It is waited for only
   * while it runs, so that where writes and invalidations of a tag take turns nobody waits for more than two of them.
   */
  invalidate<T>(tags: readonly string[], run: () => Promise<T>): Promise<T> {
    const names = tags.map(lineOf);
    const before: (Turn | undefined)[] = [this.#whole];
    for (const name of names) before.push(...(this.#lines.get(name)?.reads ?? []));
    let turn: Turn;
    const begin = (): Promise<T> => {
      for (const name of names) this.#join(name, "changes", turn);
      return run();
    };
    return this.#queue(before, begin, (own, gate) => {
      turn = own;
      for (const name of names) this.#shut(name, "reads", gate);
      return () => this.#leave(names, own, gate);
    });
  }

  /** Runs after everything that was asked for before, and before everything that is asked for later. */
  changeAll<T>(run: () => Promise<T>): Promise<T> {
    return this.#queue(this.#all(), run, (turn) => {
      this.#lines.clear();
      this.#whole = turn;
      return () => {
        if (this.#whole === turn) this.#whole = undefined;
      };
    });
  }

  /** Ends when all that was asked for is over. */
  async settled(): Promise<void> {
    await Promise.all(this.#all().map((turn) => turn?.over));
  }

  #all(): (Turn | undefined)[] {
    return [this.#whole, ...[...this.#lines.values()].flatMap(({ changes, reads }) => [...changes, ...reads])];
  }

  #join(name: string, as: "changes" | "reads", turn: Turn): void {
    const line = this.#lines.get(name) ?? { changes: new Set(), reads: new Set() };
    line[as].add(turn);
    this.#lines.set(name, line);
  }

  /** Has those who come later wait for what one waits for by its gate, as each of them would have to wait for all of that else. */
  #shut(name: string, as: "changes" | "reads", gate: Turn | undefined): void {
    const line = this.#lines.get(name);
    if (gate === undefined || line === undefined || line[as].size === 0) return;
    line[as].clear();
    line[as].add(gate);
  }

  #leave(names: readonly string[], ...turns: readonly (Turn | undefined)[]): void {
    for (const name of names) {
      const line = this.#lines.get(name);
      if (line === undefined) continue;
      for (const turn of turns) {
        if (turn === undefined) continue;
        line.changes.delete(turn);
        line.reads.delete(turn);
      }
      if (line.changes.size + line.reads.size === 0) this.#lines.delete(name);
    }
  }

  /** @param enter puts the turn in its lines, with a gate that ends when the turn has waited, if it must; answers how it leaves them */
  async #queue<T>(
    before: readonly (Turn | undefined)[],
    run: () => Promise<T>,
    enter: (turn: Turn, gate: Turn | undefined) => () => void,
  ): Promise<T> {
    const now = this.#now();
    const awaited = new Set<Turn>();
    let due = 0;
    for (const turn of before) {
      if (turn === undefined || turn.isOver || turn.due < now) continue;
      awaited.add(turn);
      due = Math.max(due, turn.due);
    }
    // Who waits for one that hangs is given up with it.
    const [turn, end] = begun(awaited.size === 0 ? now + this.#patience : due);
    const [gate, open] = awaited.size === 0 ? [] : begun(due);
    const leave = enter(turn, gate);
    try {
      if (awaited.size > 0) {
        await Promise.all([...awaited].map(ended));
        turn.due = this.#now() + this.#patience;
        open?.();
      }
      return await run();
    } finally {
      leave();
      end();
    }
  }
}

/** A turn, and what ends it. */
function begun(due: number): [Turn, () => void] {
  let resolve: () => void = () => {};
  const over = new Promise<void>((done) => {
    resolve = done;
  });
  const turn: Turn = { over: alive(over), isOver: false, due };
  const end = (): void => {
    turn.isOver = true;
    resolve();
  };
  return [turn, end];
}
