/**
 * Loading many keys at once.
 *
 * @module
 */
import type { ManyLoader, SyncManyLoader } from "../api.ts";
import { mustBe, ValueError } from "../errors.ts";
import type { Key } from "../key.ts";
import { isPromise, then } from "../maybe.ts";
import type { LoadOptions } from "../options.ts";
import type { Resolved } from "../resolved.ts";
import { isChoosy } from "../schema.ts";
import type { Space } from "../space.ts";
import type { Findings } from "../store.ts";
import type { MaybePromise } from "../tier.ts";
import { newRequest, type Request } from "../write.ts";
import { release } from "./flight.ts";
import type { Context, Loader } from "./loader.ts";
import { loadSync, serveSync } from "./sync.ts";

/** One read of the tiers, a flight for each key that missed, and one call of the loader for all that begin together. */
export async function loadMany<K extends Key, V>(
  space: Space,
  keys: readonly K[],
  loader: ManyLoader<V, K>,
  options: LoadOptions<V>,
  settings: Resolved = space.engine.options,
): Promise<Map<K, V>> {
  const { loads, store } = space.engine;
  const { signal } = options;
  // While it was looked what others have changed. What the tiers are asked for then nobody would give back.
  if (signal?.aborted) throw signal.reason;
  let missing: Context[] = [];
  let made: Promise<Awaited<ReturnType<ManyLoader<V>>>> | undefined;
  const one: Loader = async (context) => {
    const at = missing.push(context as Context) - 1;
    // After this tick, when every key that needs the loader has said so.
    made ??= Promise.resolve().then(() => {
      const batch = missing;
      missing = [];
      made = undefined;
      if (batch.every(({ isAborted }) => isAborted)) throw batch[0]!.signal.reason;
      return loader(
        batch.map(({ key }) => key as K),
        new BatchContext(batch),
      );
    });
    return pick(await made, context.key, at);
  };

  const requests = keys.map((key) => newRequest(key, options as LoadOptions, space, one, settings));
  for (const request of requests) request.call = one;
  const asked = [...new Set(requests.map(({ text }) => text))].filter((text) => !loads.isFlying(text));
  const [first] = requests;
  const reading = store.read(asked, {
    sequence: true,
    version: first?.version,
    // Where hits are looked at first, each key takes its own.
    lease: isChoosy(options) ? 0 : (first?.lifetimes.lease ?? 0),
    since: space.engine.now(),
  });
  const places = new Map(asked.map((text, place) => [text, place]));
  const runs = new Map<string, MaybePromise<unknown>>();
  for (const request of requests) {
    const { text } = request;
    const at = places.get(text);
    if (runs.has(text)) continue;
    try {
      runs.set(text, loads.run(request, at === undefined ? undefined : then(reading, (all) => part(all, at))));
    } catch (error) {
      // Thrown with the others below, or nobody would handle what these reject with.
      runs.set(text, Promise.reject(error));
    }
  }
  const values = await Promise.all(requests.map(({ text }) => runs.get(text) as V));
  return new Map(
    requests.map(({ key }, i) => [key as K, values[i]!] as const).filter(([, value]) => value !== undefined),
  );
}

/** The same for a call that cannot wait. */
export function loadManySync<K extends Key, V>(
  space: Space,
  keys: readonly K[],
  loader: SyncManyLoader<V, K>,
  options: LoadOptions<V>,
): Map<K, V> {
  const { engine } = space;
  const requests = new Map<string, Request>();
  for (const key of keys) {
    // A refresh in the background is of one key.
    const request = newRequest(key, options as LoadOptions, space, () => pick(loader([key]), key, 0));
    requests.set(request.text, request);
  }
  const texts = [...requests.keys()];
  const [first] = requests.values();
  const read = engine.store.read(texts, {
    sequence: true,
    version: first?.version,
    lease: first?.lifetimes.lease ?? 0,
  });
  const values = new Map<string, unknown>();
  // What is not answered yet, with the leases that are to be given back should one of them throw.
  const open = new Map(texts.map((text, i) => [text, part(read as Findings, i)]));
  try {
    for (const [text, findings] of open) {
      const served = serveSync(engine, requests.get(text)!, findings);
      if ("findings" in served) open.set(text, served.findings);
      else {
        open.delete(text);
        values.set(text, served.value);
      }
    }
    let made: ReturnType<SyncManyLoader<V>> | undefined;
    const batch = [...open.keys()].map((text) => requests.get(text)!.key as K);
    let at = 0;
    for (const [text, findings] of open) {
      const i = at++;
      const request = requests.get(text)!;
      const one: Loader = () => {
        made ??= loader(batch);
        return pick(made, request.key, i);
      };
      open.delete(text);
      values.set(text, loadSync(engine, { ...request, loader: one }, findings));
    }
  } finally {
    for (const [text, { leases }] of open) release(engine, text, { lease: leases?.[0] });
  }
  return new Map(
    keys.map((key) => [key, values.get(space.encode(key)) as V] as const).filter(([, value]) => value !== undefined),
  );
}

/** What was found of one of many keys. */
function part(all: Findings, at: number): Findings {
  return { ...all, found: [all.found[at]], leases: all.leases && [all.leases[at]] };
}

/** One of the values that a loader of many has made. */
function pick<V>(made: Awaited<ReturnType<ManyLoader<V>>>, key: Key, at: number): V | undefined {
  // Of a loader that was to answer at once: whoever asked for it sees that.
  if (isPromise(made)) return made as never;
  if (Array.isArray(made)) return made[at];
  if (typeof (made as ReadonlyMap<Key, V> | undefined)?.get === "function")
    return (made as ReadonlyMap<Key, V>).get(key);
  throw new ValueError(mustBe("answer of loader", "an array or a Map", made));
}

/** What a loader of many keys is told: its signal is made when it asks for that, since most do not. */
class BatchContext {
  readonly #batch: readonly Context[];
  #signal: AbortSignal | undefined;

  constructor(batch: readonly Context[]) {
    this.#batch = batch;
  }

  /** Aborts when all of them have: a batch goes on while anybody waits for one of its keys. */
  get signal(): AbortSignal {
    if (this.#signal) return this.#signal;
    const controller = new AbortController();
    let left = this.#batch.length;
    for (const { signal } of this.#batch) {
      const abort = (): void => {
        if (--left === 0) controller.abort(signal.reason);
      };
      // An aborted one tells no more.
      if (signal.aborted) abort();
      else signal.addEventListener("abort", abort);
    }
    this.#signal = controller.signal;
    return this.#signal;
  }
}
