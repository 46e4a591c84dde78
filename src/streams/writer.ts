/**
 * Writing streams.
 *
 * @module
 */
import { NO_TAGS } from "../entry.ts";
import type { Key } from "../key.ts";
import { resolveLifetimes } from "../lifetimes.ts";
import { settle } from "../maybe.ts";
import { isOff } from "../off.ts";
import type { LoadOptions } from "../options.ts";
import { abortable } from "../timeout.ts";
import { newRequest } from "../write.ts";
import { Filling, type FillingOptions, wholeManifest } from "./filling.ts";
import type { Kind, Manifest } from "./manifest.ts";
import { isWanted, pruneOrphans } from "./orphans.ts";
import { bytesOf, type Pieces, piecesOf } from "./source.ts";
import type { StreamSetOptions, StreamSource } from "./types.ts";
import type { Seen, View } from "./view.ts";

const NOTHING: Readonly<Record<string, never>> = Object.freeze({});

/** Writes the streams of one view. */
export class Writer {
  readonly view: View;

  constructor(view: View) {
    this.view = view;
  }

  /** What a stream is written with. */
  filling(text: string, kind: Kind | undefined, meta: unknown, options: LoadOptions, spills = false): FillingOptions {
    const { space, shelf, room, limits } = this.view;
    const { options: own } = space.engine;
    const { ttl, grace, swr } = resolveLifetimes(options, own);
    return {
      ...limits,
      space,
      shelf,
      room,
      text,
      version: options.version ?? own.version,
      tags: options.tags as readonly string[] | undefined,
      spills,
      life: ttl + Math.max(grace, swr),
      kind,
      meta,
    };
  }

  /** Begins to write, which others may read along from now on. */
  async begin(pieces: Pieces, options: FillingOptions): Promise<Filling> {
    let filling: Filling;
    try {
      filling = await Filling.begin(pieces, options);
    } catch (error) {
      pieces.cancel(error);
      throw error;
    }
    const { room, shelf, space } = this.view;
    room.begin(options.text, filling);
    if (shelf) room.sweep(space.engine, shelf.anchors, () => pruneOrphans(shelf, room, space.engine));
    return filling;
  }

  /** Waits for the end of a filling: answers with the value of the entry. */
  async finish(filling: Filling, signal: AbortSignal | undefined): Promise<Manifest | undefined> {
    const abort = (): void => filling.fill.abort(signal!.reason);
    if (signal?.aborted) abort();
    signal?.addEventListener("abort", abort);
    try {
      return await filling.manifest();
    } finally {
      signal?.removeEventListener("abort", abort);
    }
  }

  /** When the entry of a filling was stored, or never will be: has its chunks live as long as that, and those before go. */
  async settle(text: string, filling: Filling | undefined, before: Manifest | undefined): Promise<void> {
    try {
      await filling?.fill.done.catch(() => {});
      const now = await this.view.peek(text);
      // A tier that does not answer may have either: what was written has its time, and goes by itself.
      if (!now && filling && (await isWanted(this.view.verbs.engine, text, filling.id))) return;
      await filling?.settle(now?.manifest.id === filling.id ? now.entry.staleUntil : undefined);
      // Where nothing is found and nothing was stored, it may be there again in a moment.
      if (before?.id !== now?.manifest.id && (now || filling?.fill.isSound)) this.view.retire(text, before);
    } finally {
      if (filling) this.view.room.end(text, filling);
      filling?.end();
    }
  }

  /** A write is the load of a value by the core, which keeps it from what comes in between. */
  async set(key: Key, source: StreamSource, options: StreamSetOptions = NOTHING, kind?: Kind): Promise<void> {
    const { verbs, space, shelf } = this.view;
    const { engine } = verbs;
    const pieces = piecesOf(source);
    const tags = abandoning(pieces, () => {
      verbs.check(options);
      return verbs.tags(options.tags ?? NO_TAGS)!;
    });
    const { signal, meta } = options;
    const core: LoadOptions = { ...this.view.core(options), hardTimeout: Infinity, negativeTtl: 0 };
    const bytes = bytesOf(source);
    let before: Promise<Seen | undefined>;
    let filling: Filling | undefined;
    let isBegun = false;
    let over: { readonly error: unknown } | undefined;
    const begin = async (): Promise<Manifest | undefined> => {
      if (over) throw over.error;
      isBegun = true;
      filling = await this.begin(pieces, this.filling(request.text, kind, meta, core));
      return this.finish(filling, signal);
    };
    const request = abandoning(pieces, () => newRequest(key, core, space, begin));
    const { text } = request;
    const filled = this.filling(text, kind, meta, core);
    try {
      await shelf?.check(await wholeManifest(new Uint8Array(0), filled));
      before = settle(() => this.view.peek(text));
      // All is there already, and nothing can come in between: it is a write as any.
      if (bytes && bytes.length <= Math.min(filled.chunk, filled.maxBytes)) {
        const manifest = await wholeManifest(bytes.slice(), filled);
        await abortable(
          settle(() => verbs.set(key, manifest, core)),
          signal,
        );
        this.view.retire(text, (await before)?.manifest);
        return;
      }
    } catch (error) {
      pieces.cancel(error);
      throw error;
    }
    const old = await before;
    try {
      await engine.loads.refresh(request);
      // What is switched off is not stored, and nothing old is to come back.
      const names = (): readonly string[] => [...space.encodeTags(engine.options.tags), ...tags];
      if (isOff(request.off, names) || isOff(engine.disabled, names)) await verbs.delete([key]);
    } catch (error) {
      // Given up before it began: nobody will read the source.
      if (!isBegun) {
        over = { error };
        pieces.cancel(error);
      }
      throw error;
    } finally {
      await this.settle(text, filling, old?.manifest);
    }
  }
}

/** A source that nobody will read is told so. */
function abandoning<T>(pieces: Pieces, step: () => T): T {
  try {
    return step();
  } catch (error) {
    pieces.cancel(error);
    throw error;
  }
}
