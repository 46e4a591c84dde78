/**
 * Many small steps of one operation, a bounded number of them at a time.
 *
 * @module
 */

/** Steps that run at a time. */
const WIDTH = 32;

/**
 * Does a step for each item and answers in their order. After a failure no other step is begun, those under way are
 * waited for, and the first error is thrown: nothing is under way any more when the promise settles.
 */
export async function eachOf<T, R>(items: readonly T[], step: (item: T, index: number) => Promise<R>): Promise<R[]> {
  const results = new Array<R>(items.length);
  const errors: unknown[] = [];
  let next = 0;
  const work = async (): Promise<void> => {
    while (next < items.length && errors.length === 0) {
      const index = next++;
      try {
        results[index] = await step(items[index]!, index);
      } catch (error) {
        errors.push(error);
      }
    }
  };
  await Promise.all(Array.from({ length: Math.min(WIDTH, items.length) }, work));
  if (errors.length > 0) throw errors[0];
  return results;
}

/** All answers. When some fail, the others are waited for all the same, and then the first error is thrown. */
export async function allOver<T>(answers: readonly Promise<T>[]): Promise<T[]> {
  const outcomes = await Promise.allSettled(answers);
  return outcomes.map((outcome) => {
    if (outcome.status === "rejected") throw outcome.reason;
    return outcome.value;
  });
}
