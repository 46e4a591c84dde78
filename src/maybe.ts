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

/** Continues with an answer, at once where it is at hand. */
export function then<T, U>(answer: MaybePromise<T>, next: (value: T) => MaybePromise<U>): MaybePromise<U> {
  return isPromise(answer) ? answer.then(next) : next(answer);
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

/** Does something last, however the step ends. */
export function finalize<T>(answer: MaybePromise<T>, last: () => void): MaybePromise<T> {
  if (isPromise(answer)) return answer.finally(last);
  last();
  return answer;
}
