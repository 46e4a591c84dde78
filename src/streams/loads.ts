/**
 * Loading streams: one load of a key at a time, which all who ask for it read along.
 *
 * @module
 */
import type { Entry } from "../entry.ts";
import { CorruptError, callable } from "../errors.ts";
import type { Key } from "../key.ts";
import { resolveLifetimes } from "../lifetimes.ts";
import type { LoadContext } from "../load/loader.ts";
import { isPromise, settle } from "../maybe.ts";
import type { LoadOptions } from "../options.ts";
import { abortable } from "../timeout.ts";
import { newRequest } from "../write.ts";
import type { Filling } from "./filling.ts";
import { type Manifest, manifestOf } from "./manifest.ts";
import { piecesOf } from "./source.ts";
import { canOpen, openStored } from "./stored.ts";
import type { FoundStream, LoadedStream, StreamInfo, StreamLoader, StreamLoadOptions } from "./types.ts";
import { TRIES, type View } from "./view.ts";
import type { Writer } from "./writer.ts";

const NOTHING: Readonly<Record<string, never>> = Object.freeze({});

/** Loads the streams of one view. */
export class StreamLoads {
  readonly #view: View;
  readonly #writer: Writer;

  constructor(writer: Writer) {
    this.#view = writer.view;
    this.#writer = writer;
  }

  async getOrSet(key: Key, loader: StreamLoader, options: StreamLoadOptions = NOTHING): Promise<FoundStream> {
    callable("loader", loader);
    const { verbs, space, room } = this.#view;
    const { engine } = verbs;
    verbs.check(options);
    const { signal, version = engine.options.version } = options;
    const text = space.encode(key);
    const { refreshAhead, earlyRefresh } = resolveLifetimes(options as LoadOptions, engine.options);
    let odd: string | undefined;
    for (let tries = 0; ; tries++) {
      const before = room.fillings.get(text);
      // One that is due for a refresh is for the core to tell.
      if (refreshAhead + earlyRefresh === 0) {
        const item = await abortable(this.#view.look(key, version), signal);
        const opened = item && (await this.#view.open(key, text, item, signal));
        if (opened) {
          space.count(key, "hits");
          engine.emit("hit", () => ({ key, tier: item.tier }));
          return opened.found;
        }
        odd = item?.manifest.id;
      }
      const running = this.#view.running(text, version, before);
      if (isPromise(running) && tries < TRIES) await abortable(running, signal);
      else if (isPromise(running) || !running) break;
      else {
        space.count(key, "misses");
        return running.found(signal);
      }
    }
    if (room.fillings.has(text)) {
      // It was invalidated, so what it brings is for nobody, and nobody waits for it. A load of the core would, to see what it has become.
      engine.loads.detach([text]);
      engine.fence.mark(text);
    }
    return this.#load(key, text, loader, options, odd);
  }

  /** Loads, or waits for who loads, until there is something to read. */
  async #load(
    key: Key,
    text: string,
    loader: StreamLoader,
    options: StreamLoadOptions,
    odd: string | undefined,
  ): Promise<FoundStream> {
    const { verbs, space, room, limits } = this.#view;
    const { engine } = verbs;
    const { signal, version = engine.options.version } = options;
    // Who waits no more has it aborted only as long as there is nothing that others may read.
    const gate = new AbortController();
    const abort = (): void => gate.abort(signal!.reason);
    signal?.addEventListener("abort", abort);
    let filling: Filling | undefined;
    let before: Manifest | undefined;
    // Another value is no stream, and one that could not be read is not asked for again.
    const validate = async ({ value }: { value: unknown }): Promise<boolean> => {
      const manifest = manifestOf(value);
      return manifest !== undefined && (manifest.id ?? "") !== odd && canOpen(manifest, limits.ring);
    };
    const core: LoadOptions = { ...this.#view.core(options), signal: gate.signal, validate };
    const request = newRequest(key, core, space, async (context) => {
      before = manifestOf(context.stale);
      let tags = core.tags as readonly string[] | undefined;
      const setTags = (given: readonly string[]): void => {
        context.setTags(given);
        tags = given;
        filling?.setTags(given);
      };
      const { body, meta } = Object(await loader(await this.#context(context, text, setTags))) as LoadedStream;
      const pieces = piecesOf(body);
      filling = await this.#writer.begin(pieces, this.#writer.filling(text, undefined, meta, { ...core, tags }, true));
      return this.#writer.finish(filling, context.signal);
    });
    if (engine.patience < Infinity) request.since = engine.now();
    // What is read along by then must not end with it.
    request.isPatient = true;
    const landing = settle(() => verbs.coherent(() => engine.loads.run(request)));
    // Also when this caller waits no more.
    const settled = landing.catch(() => {}).then(() => filling && this.#writer.settle(text, filling, before));
    engine.background(settled, "stream", options.waitUntil);
    try {
      for (;;) {
        const next = await room.next(text, landing);
        if ("landed" in next) {
          const landed = await this.#landed(key, text, next.landed, signal);
          if (landed) return landed;
          const manifest = manifestOf(next.landed);
          // What another call has loaded is not kept, or no stream: it was not for this one.
          if (!manifest) return await this.#load(key, text, loader, options, odd);
          // It is lost since: once more, without it.
          if (odd === undefined) return await this.#load(key, text, loader, options, manifest.id ?? "");
          throw new CorruptError("Cannot read stream as it must stay for as long as it is opened: received none twice");
        }
        if (next === filling || next.isFor(version)) return next.found(signal);
      }
    } finally {
      signal?.removeEventListener("abort", abort);
    }
  }

  async #context(
    context: LoadContext,
    text: string,
    setTags: LoadContext["setTags"],
  ): Promise<Parameters<StreamLoader>[0]> {
    const old = manifestOf(context.stale);
    let stale: StreamInfo | undefined;
    if (old) {
      const stored = await openStored(old, this.#view.place(text), () => {}).catch(() => undefined);
      void stored?.body(undefined).cancel();
      stale = stored && { meta: stored.head.meta, size: stored.head.size };
    }
    return {
      key: context.key,
      get signal() {
        return context.signal;
      },
      stale,
      setTtl: (ttl) => context.setTtl(ttl),
      setTags,
      skip: () => context.skip(),
    };
  }

  /** What a load of the core ended with that did not begin here: what was there, or what another process has loaded. */
  async #landed(
    key: Key,
    text: string,
    value: unknown,
    signal: AbortSignal | undefined,
  ): Promise<FoundStream | undefined> {
    const manifest = manifestOf(value);
    if (!manifest) return undefined;
    const now = await this.#view.peek(text);
    const time = this.#view.verbs.engine.now();
    const unknown = { createdAt: time, freshUntil: time, staleUntil: time } as Entry;
    const item = now?.manifest.id === manifest.id ? now! : { entry: unknown, stale: false, tier: "" };
    const opened = await this.#view.open(key, text, { ...item, manifest }, signal);
    return opened ? opened.found : undefined;
  }
}
