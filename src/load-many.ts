/**
 * Loading many keys at once.
 *
 * @module
 */
import type { ManyLoader } from "./api.ts";
import type { Key } from "./key.ts";
import type { LoadContext, Loader, Loads } from "./load.ts";
import { then } from "./maybe.ts";
import type { LoadOptions } from "./options.ts";
import type { Space } from "./space.ts";
import type { Findings, Store } from "./store.ts";

/** One read of the tiers, a flight for each key that missed, and one call of the loader for all that begin together. */
export async function loadMany<K extends Key, V>(
  loads: Loads,
  store: Store,
  space: Space,
  keys: readonly K[],
  loader: ManyLoader<V>,
  options: LoadOptions<V>,
): Promise<Map<K, V>> {
  let missing: LoadContext[] = [];
  let made: Promise<ReadonlyMap<Key, V | undefined>> | undefined;
  const one: Loader<V | undefined> = async (context) => {
    missing.push(context as LoadContext);
    // After this tick, when every key that needs the loader has said so.
    made ??= Promise.resolve().then(async () => {
      const signals = missing.map(({ signal }) => signal);
      const wanted = missing.map(({ key }) => key);
      missing = [];
      made = undefined;
      const values = await loader(wanted, { signal: whenAll(signals) });
      return Array.isArray(values) ? new Map(wanted.map((key, i) => [key, values[i]])) : (values as ReadonlyMap<Key, V>);
    });
    return (await made).get(context.key);
  };

  const requests = keys.map((key) => loads.request(key, one as Loader, options as LoadOptions, space));
  const wanted = new Map(requests.map((request) => [request.text, request]));
  const asked = [...wanted.keys()].filter((text) => !loads.isFlying(text));
  const reading = store.read(asked, { sequence: true, version: requests[0]?.version });
  const values = await Promise.all(
    [...wanted].map(async ([text, request]) => {
      const at = asked.indexOf(text);
      const found = at < 0 ? undefined : then(reading, (all): Findings => ({ ...all, found: [all.found[at]] }));
      return [text, await loads.run(request, found)] as const;
    }),
  );
  const byText = new Map(values);
  return new Map(requests.map(({ text, key }) => [key as K, byText.get(text) as V] as const).filter(([, value]) => value !== undefined));
}

/** Aborts when all of them have: a batch goes on while anybody waits for one of its keys. */
function whenAll(signals: readonly AbortSignal[]): AbortSignal {
  const controller = new AbortController();
  let left = signals.length;
  for (const signal of signals) {
    signal.addEventListener("abort", () => {
      if (--left === 0) controller.abort(signal.reason);
    });
  }
  return controller.signal;
}
