/**
 * One engine for both faces: a step answers with a value where every tier is synchronous, and with a promise where
 * one is not.
 *
 * @module
 */
import type { MaybePromise } from "./tier.ts";

/** Whether an answer has to be waited for. */
export function isPromise<T>(answer: MaybePromise<T>): answer is Promise<T> {
  return typeof (answer as { then?: unknown } | null | undefined)?.then === "function";
}

/** Continues with an answer, at once where it is at hand. What can be awaited and is no promise becomes one. */
export function then<T, U>(answer: MaybePromise<T>, next: (value: T) => MaybePromise<U>): MaybePromise<U> {
  return isPromise(answer) ? Promise.resolve(answer).then(next) : next(answer);
}

/** All answers in order, without a promise where none is one. */
export function all<T>(answers: readonly MaybePromise<T>[]): MaybePromise<T[]> {
  return answers.some(isPromise) ? Promise.all(answers) : (answers as T[]);
}

/** The promise of an answer that may have been given, or thrown, at once. */
export function settle<T>(step: () => MaybePromise<T>): Promise<T> {
  try {
    return Promise.resolve(step());
  } catch (error) {
    return Promise.reject(error);
  }
}

/** Goes on with what a step answers, or with what it throws: at once where that is at hand. What `done` throws is not for `failed`. */
export function ended<T, U>(
  step: () => MaybePromise<T>,
  done: (answer: T) => U,
  failed: (error: unknown) => U,
): MaybePromise<U> {
  let answer: MaybePromise<T>;
  try {
    answer = step();
  } catch (error) {
    return failed(error);
  }
  return isPromise(answer) ? Promise.resolve(answer).then(done, failed) : done(answer);
}

/** Does something when a step has ended, however it did, and then goes on with what it answered. */
export function finalize<T, U>(
  step: () => MaybePromise<T>,
  anyway: () => void,
  done: (answer: T) => U,
): MaybePromise<U> {
  return ended(
    step,
    (answer) => {
      anyway();
      return done(answer);
    },
    (error) => {
      anyway();
      throw error;
    },
  );
}

/** Takes a step again and again, as long as it answers `true`. */
export function repeat(step: () => MaybePromise<boolean>): MaybePromise<void> {
  for (;;) {
    const goes = step();
    if (isPromise(goes)) return goes.then((on) => (on ? repeatLater(step) : undefined));
    if (!goes) return undefined;
  }
}

async function repeatLater(step: () => MaybePromise<boolean>): Promise<void> {
  while (await step());
}
