/**
 * The slice of the MongoDB driver that is used, and calls to it whose errors show nothing of what was written.
 *
 * @module
 */
import { TierError } from "../../src/errors.ts";

/** A document, a filter, or an update. */
export type Doc = Readonly<Record<string, unknown>>;

/** One of many writes. */
export type BulkOperation =
  | { readonly replaceOne: { readonly filter: Doc; readonly replacement: Doc; readonly upsert?: boolean } }
  | { readonly updateOne: { readonly filter: Doc; readonly update: Doc; readonly upsert?: boolean } };

/** `Collection` of the driver, version 6 or 7. */
export interface MongoCollection {
  find(filter: Doc, options: Doc): { toArray(): Promise<unknown[]> };
  // Of whatever documents the collection is declared to have.
  bulkWrite(operations: never[], options: Doc): Promise<{ readonly matchedCount: number }>;
  deleteMany(filter: Doc): Promise<unknown>;
  findOneAndDelete(filter: Doc, options: Doc): Promise<unknown>;
  findOneAndUpdate(filter: Doc, update: Doc | Doc[], options: Doc): Promise<unknown>;
  createIndex(keys: Record<string, 1>, options: Doc): Promise<unknown>;
}

/** `Db` of the driver. */
export interface MongoDb {
  collection(name: string): MongoCollection;
}

/**
 * Whatever the client was told, documents come as plain JavaScript, and from the primary, as a secondary may not yet know
 * of an invalidation.
 */
const AS_PLAIN: Doc = {
  promoteValues: true,
  promoteLongs: true,
  promoteBuffers: true,
  useBigInt64: false,
  raw: false,
};

const READ: Doc = { ...AS_PLAIN, readPreference: "primary" };

/** What came of many writes. */
export interface BulkResult {
  /** How many found a document to change. */
  readonly matched: number;
  /** Which of them would have made a second document of the same `_id`. */
  readonly duplicates: readonly number[];
}

/** Code of the server's error for a second document of the same `_id`. */
const DUPLICATE_KEY = 11_000;

/** A collection, called so that errors are safe to show. */
export class Calls {
  readonly #collection: MongoCollection;
  readonly #name: string;

  /** @param name that of the tier, for errors */
  constructor(collection: MongoCollection, name: string) {
    this.#collection = collection;
    this.#name = name;
  }

  get name(): string {
    return this.#name;
  }

  find(filter: Doc, options: Doc = {}): Promise<Doc[]> {
    return this.#call("find", () => this.#collection.find(filter, { ...READ, ...options }).toArray()) as Promise<Doc[]>;
  }

  /** All of them are tried, in any order. */
  async bulk(operations: BulkOperation[]): Promise<BulkResult> {
    if (operations.length === 0) return { matched: 0, duplicates: [] };
    return this.#call("bulkWrite", async () => {
      try {
        const { matchedCount } = await this.#collection.bulkWrite(operations as never[], {
          ...AS_PLAIN,
          ordered: false,
        });
        return { matched: matchedCount, duplicates: [] };
      } catch (error) {
        const { writeErrors, matchedCount = 0 } = Object(error) as { writeErrors?: unknown; matchedCount?: number };
        const failed = [writeErrors ?? []].flat() as { readonly code: unknown; readonly index: number }[];
        if (failed.length === 0 || failed.some(({ code }) => code !== DUPLICATE_KEY)) throw error;
        return { matched: matchedCount, duplicates: failed.map(({ index }) => index) };
      }
    });
  }

  deleteMany(filter: Doc): Promise<unknown> {
    return this.#call("deleteMany", () => this.#collection.deleteMany(filter));
  }

  /** The document that was deleted, if there was one. */
  take(filter: Doc, projection: Doc): Promise<Doc | null> {
    const options = { ...AS_PLAIN, projection, includeResultMetadata: false };
    return this.#call("findOneAndDelete", () =>
      this.#collection.findOneAndDelete(filter, options),
    ) as Promise<Doc | null>;
  }

  /** The document after the update, if there is one. */
  update(filter: Doc, update: Doc | Doc[], upsert = false): Promise<Doc | null> {
    const options = { ...AS_PLAIN, upsert, returnDocument: "after", includeResultMetadata: false };
    const call = (): Promise<unknown> => this.#collection.findOneAndUpdate(filter, update, options);
    return this.#call("findOneAndUpdate", async () => {
      try {
        return await call();
      } catch (error) {
        // Two who made the document at once: now it is there.
        if (!upsert || (error as { code?: unknown } | null)?.code !== DUPLICATE_KEY) throw error;
        return call();
      }
    }) as Promise<Doc | null>;
  }

  createIndex(keys: Record<string, 1>, options: Doc): Promise<unknown> {
    return this.#call("createIndex", () => this.#collection.createIndex(keys, options));
  }

  async #call<T>(what: string, run: () => Promise<T>): Promise<T> {
    try {
      return await run();
    } catch (error) {
      // The driver's own error has the whole command in it.
      throw new TierError(this.#name, `MongoDB failed in ${what}: ${reasonOf(error)}`);
    }
  }
}

/** The server's code, or how the driver begins to say why it did not reach it. */
function reasonOf(error: unknown): string {
  const { name, code, codeName, message } = Object(error) as Record<string, unknown>;
  if (typeof code === "number") return `${String(name)} ${code}${typeof codeName === "string" ? ` ${codeName}` : ""}`;
  const said = String(message).replace(/\w+:\/\/[^\s'")]*/g, "(URL)");
  return `${String(name)}: ${said.slice(0, 100)}`;
}
