/** A function that counts its runs and remembers its arguments. */
export function counted<A extends unknown[], R>(
  make: (...args: A) => R,
): { fn: (...args: A) => Promise<Awaited<R>>; calls: A[] } {
  const calls: A[] = [];
  const fn = async (...args: A): Promise<Awaited<R>> => {
    calls.push(args);
    return await make(...args);
  };
  return { fn, calls };
}

/** What functions in tests find. */
export interface User {
  readonly id: number;
  readonly name: string;
}

/** A function that finds users. */
export function users(): { fn: (id: number) => Promise<User>; calls: [id: number][] } {
  return counted((id: number) => ({ id, name: `Person ${id}` }));
}
