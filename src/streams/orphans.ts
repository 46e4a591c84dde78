/**
 * Chunks whose stream is gone. Most expire by themselves, and those that were replaced or deleted by the methods of streams are deleted. What
 * is left are those of streams that were to live long, when their entry was deleted, replaced or evicted as any other is.
 *
 * @module
 */
import type { Engine } from "../engine.ts";
import { TierError } from "../errors.ts";
import { layersOf } from "../stack/layers.ts";
import { manifestOf } from "./manifest.ts";
import type { Room } from "./room.ts";
import { chunksName, LASTING, type Shelf } from "./shelf.ts";

/** Streams that are looked at in one step. */
const PAGE = 100;

/** Deletes them, in all tiers that can list their keys. Answers with how many streams they were of. */
export async function pruneOrphans(shelf: Shelf, room: Room, engine: Engine, signal?: AbortSignal): Promise<number> {
  let count = 0;
  for (const layer of shelf.writable) {
    if (!layer.tier.capabilities.keys) continue;
    let cursor: string | undefined;
    do {
      if (signal?.aborted) throw signal.reason;
      const now = engine.now();
      const page = await layer.scan({ prefix: shelf.anchors, cursor, limit: PAGE, now });
      if (page instanceof TierError) break;
      cursor = page.cursor;
      const keys = [...new Set(page.keys.map((key) => layer.strip(key)))];
      const answer = keys.length > 0 ? await layer.read(keys, { now, peek: true }) : { entries: [] };
      if (answer instanceof TierError) break;
      for (const [i, entry] of answer.entries.entries()) {
        const { text, id } = (entry?.value ?? {}) as { text?: unknown; id?: unknown };
        // What lives no longer than one that is being written expires soon enough.
        if (typeof text !== "string" || typeof id !== "string" || !(entry!.staleUntil > now + LASTING)) continue;
        const name = chunksName(id, text);
        if (room.isHeld(name) || keys[i] !== shelf.anchor(name)) continue;
        if (await isWanted(engine, text, id)) continue;
        await shelf.clear(layer, name);
        count++;
      }
    } while (cursor !== undefined);
  }
  return count;
}

/**
 * Whether any tier has the manifest of a stream, or may have it, as it does not answer. Each is asked, since one above may
 * not have heard yet that another process has replaced what was there.
 */
export async function isWanted(engine: Engine, text: string, id: string): Promise<boolean> {
  for (const layer of layersOf.get(engine) ?? []) {
    const answer = await layer.read([text], { now: engine.now(), peek: true });
    if (answer instanceof TierError) return true;
    const [entry] = answer.entries;
    if (entry && manifestOf(entry.value)?.id === id && engine.ledger.check(entry) !== "deleted") return true;
  }
  return false;
}
