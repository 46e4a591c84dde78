/**
 * Loading many keys at once.
 *
 * @module
 */
import type { ManyLoader } from "./api.ts";
import type { Key } from "./key.ts";
import type { LoadContext, Loader } from "./load.ts";
import { then } from "./maybe.ts";
import type { LoadOptions } from "./options.ts";
import type { Space } from "./space.ts";
import type { Findings } from "./store.ts";
import type { MaybePromise } from "./tier.ts";
import { newRequest } from "./write.ts";

/** One read of the tiers, a flight for each key that missed, and one call of the loader for all that begin together. */
export async function loadMany<K extends Key, V>(
  space: Space,
  keys: readonly K[],
  loader: ManyLoader<V>,
  options: LoadOptions<V>,
): Promise<Map<K, V>> {
  const { loads, store } = space.engine;
  let missing: LoadContext[] = [];
  let made: Promise<Awaited<ReturnType<ManyLoader<V>>>> | undefined;
  const one: Loader = async (context) => {
    const at = missing.push(context) - 1;
    // After this tick, when every key that needs the loader has said so.
    made ??= Promise.resolve().then(() => {
      const batch = missing;
      missing = [];
      made = undefined;
      return loader(
        batch.map(({ key }) => key),
        { signal: whenAll(batch) },
      );
    });
    const values = await made;
    return Array.isArray(values) ? values[at] : (values as ReadonlyMap<Key, V>).get(context.key);
  };

  const requests = keys.map((key) => newRequest(key, options as LoadOptions, space, one));
  const asked = [...new Set(requests.map(({ text }) => text))].filter((text) => !loads.isFlying(text));
  const reading = store.read(asked, {
    sequence: true,
    version: requests[0]?.version,
    lease: requests[0]?.lifetimes.lease ?? 0,
  });
  const places = new Map(asked.map((text, place) => [text, place]));
  const runs = new Map<string, MaybePromise<unknown>>();
  for (const request of requests) {
    const { text } = request;
    const at = places.get(text);
    if (!runs.has(text))
      runs.set(
        text,
        loads.run(
          request,
          at === undefined
            ? undefined
            : then(
                reading,
                (all): Findings => ({ ...all, found: [all.found[at]], leases: all.leases && [all.leases[at]] }),
              ),
        ),
      );
  }
  const values = await Promise.all(requests.map(({ text }) => runs.get(text) as V));
  return new Map(
    requests.map(({ key }, i) => [key as K, values[i]!] as const).filter(([, value]) => value !== undefined),
  );
}

/** Aborts when all of them have: a batch goes on while anybody waits for one of its keys. */
function whenAll(batch: readonly LoadContext[]): AbortSignal {
  const controller = new AbortController();
  let left = batch.length;
  for (const { signal } of batch) {
    signal.addEventListener("abort", () => {
      if (--left === 0) controller.abort(signal.reason);
    });
  }
  return controller.signal;
}
