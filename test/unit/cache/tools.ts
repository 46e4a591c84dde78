/** As many callers as ask at once. */
export const HUNDRED: readonly number[] = Array.from({ length: 100 }, (_, i) => i);

/** A promise in the hands of the test. */
export interface Deferred<T> {
  readonly promise: Promise<T>;
  resolve(value: T): void;
  reject(error: unknown): void;
}

/** Makes a {@linkcode Deferred}. Promise.withResolvers is not everywhere. */
export function deferred<T = void>(): Deferred<T> {
  let resolve!: (value: T) => void;
  let reject!: (error: unknown) => void;
  const promise = new Promise<T>((yes, no) => {
    resolve = yes;
    reject = no;
  });
  // Whoever is given it sees a rejection; where nobody is, there is nothing to say.
  promise.catch(() => {});
  return { promise, resolve, reject };
}

/** Everything that an iterator gives. */
export async function gather<T>(items: AsyncIterable<T>): Promise<T[]> {
  const all: T[] = [];
  for await (const item of items) all.push(item);
  return all;
}

/** A loader that must not run. */
export function unwanted(): never {
  throw new Error("The loader must not be called");
}

/** What can be awaited and is no promise, as of some query builders: it begins when it is asked, and its `then` answers with nothing. */
export function query<T>(step: () => Promise<T>): Promise<T> {
  const ask = (done: (value: T) => void, failed: (error: unknown) => void): void => {
    step().then(
      (value) => done(value),
      (error) => failed(error),
    );
  };
  // biome-ignore lint/suspicious/noThenProperty: that is what it is.
  return { then: ask } as never;
}

/** What a promise is at now, after everything that waits for promises alone has run. */
export async function stateOf(
  promise: Promise<unknown>,
  settle: () => Promise<void>,
): Promise<"pending" | "resolved" | "rejected"> {
  let state: "pending" | "resolved" | "rejected" = "pending";
  promise.then(
    () => {
      state = "resolved";
    },
    () => {
      state = "rejected";
    },
  );
  await settle();
  return state;
}
