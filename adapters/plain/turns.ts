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

/** What is under way on one key. */
interface Line {
  change: Turn | undefined;
  reads: Turn[];
}

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
    for (const key of keys) before.push(this.#lines.get(key)?.change);
    return this.#queue(before, run, (turn) => {
      for (const key of keys) this.#line(key).reads.push(turn);
      return () => this.#leave(keys, turn);
    });
  }

  /** Runs after everything that was asked for before on these keys. */
  change<T>(keys: readonly string[], run: () => Promise<T>): Promise<T> {
    const before: (Turn | undefined)[] = [this.#whole];
    for (const key of keys) {
      const line = this.#lines.get(key);
      if (line !== undefined) before.push(line.change, ...line.reads);
    }
    return this.#queue(before, run, (turn) => {
      // Whoever comes later waits for this one, which waits for those that it replaces.
      for (const key of keys) this.#lines.set(key, { change: turn, reads: [] });
      return () => this.#leave(keys, turn);
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
    return [this.#whole, ...[...this.#lines.values()].flatMap(({ change, reads }) => [change, ...reads])];
  }

  #line(key: string): Line {
    let line = this.#lines.get(key);
    if (line === undefined) {
      line = { change: undefined, reads: [] };
      this.#lines.set(key, line);
    }
    return line;
  }

  #leave(keys: readonly string[], turn: Turn): void {
    for (const key of keys) {
      const line = this.#lines.get(key);
      if (line === undefined) continue;
      if (line.change === turn) line.change = undefined;
      if (line.reads.includes(turn)) line.reads = line.reads.filter((read) => read !== turn);
      if (line.change === undefined && line.reads.length === 0) this.#lines.delete(key);
    }
  }

  /** @param enter puts the turn in its lines, and answers how it leaves them */
  async #queue<T>(
    before: readonly (Turn | undefined)[],
    run: () => Promise<T>,
    enter: (turn: Turn) => () => void,
  ): Promise<T> {
    const now = this.#now();
    const awaited = new Set<Turn>();
    let due = 0;
    for (const turn of before) {
      if (turn === undefined || turn.isOver || turn.due < now) continue;
      awaited.add(turn);
      due = Math.max(due, turn.due);
    }
    let end: () => void = () => {};
    const turn: Turn = {
      over: alive(
        new Promise<void>((resolve) => {
          end = resolve;
        }),
      ),
      isOver: false,
      // Who waits for one that hangs is given up with it.
      due: awaited.size === 0 ? now + this.#patience : due,
    };
    const leave = enter(turn);
    try {
      if (awaited.size > 0) {
        await Promise.all([...awaited].map(ended));
        turn.due = this.#now() + this.#patience;
      }
      return await run();
    } finally {
      turn.isOver = true;
      leave();
      end();
    }
  }
}
