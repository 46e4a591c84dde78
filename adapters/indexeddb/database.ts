/**
 * The connection to a database: opened when it is first needed, given up when another tab wants to delete or upgrade the
 * database, and opened again for the next operation.
 *
 * @module
 */
import type { Clock } from "../../src/clock.ts";
import { CacheClosedError, StoreOpenError, StoreSchemaError, TiercelError } from "../../src/errors.ts";
import { type IdbDatabase, type IdbFactory, type IdbTransaction, perform } from "./idb.ts";
import { checkStores, SCHEMA_VERSION, type StoreName, upgrade } from "./schema.ts";

/** What a {@linkcode Database} is opened with. */
export interface DatabaseOptions {
  readonly factory: IdbFactory;
  readonly name: string;
  readonly durability: "relaxed" | "strict";
  /** How long to wait for it to open, in milliseconds. */
  readonly openTimeout: number;
  readonly clock: Clock;
}

/** A database, open or not. */
export class Database {
  readonly #options: DatabaseOptions;
  /** On its way. It may never come: no browser lets go of a request to open. */
  #opening: Promise<IdbDatabase> | undefined;
  #open: IdbDatabase | undefined;
  #isBlocked = false;
  #isClosed = false;

  constructor(options: DatabaseOptions) {
    this.#options = options;
  }

  /** The connection, while there is one. */
  get connection(): IdbDatabase | undefined {
    return this.#open;
  }

  /** Runs `work` in a transaction that sees and changes the stores as one, whatever other tabs do meanwhile. */
  async run<T>(
    stores: readonly StoreName[],
    mode: "readonly" | "readwrite",
    work: (transaction: IdbTransaction) => Promise<T>,
  ): Promise<T> {
    const connection = this.#open ?? (await this.#inTime());
    return perform(
      this.#begin(connection, stores, mode) ?? (await this.#again(stores, mode)),
      mode !== "readonly",
      work,
    );
  }

  async #again(stores: readonly StoreName[], mode: "readonly" | "readwrite"): Promise<IdbTransaction> {
    const transaction = this.#begin(await this.#inTime(), stores, mode);
    if (transaction !== undefined) return transaction;
    throw new StoreOpenError("Cannot use IndexedDB store as its database must stay open: received one closed at once");
  }

  /** `undefined` where the connection was closed, as when the user clears the data of the site. */
  #begin(
    connection: IdbDatabase,
    stores: readonly StoreName[],
    mode: "readonly" | "readwrite",
  ): IdbTransaction | undefined {
    try {
      return connection.transaction(stores, mode, { durability: this.#options.durability });
    } catch (error) {
      if ((error as { name?: unknown } | null)?.name !== "InvalidStateError") throw error;
      this.#lost(connection);
      return undefined;
    }
  }

  /** Ends when all transactions that have begun are over. */
  close(): void {
    this.#isClosed = true;
    this.#open?.close();
    this.#open = undefined;
  }

  #lost(connection: IdbDatabase): void {
    if (this.#open === connection) this.#open = undefined;
  }

  /** The connection, within the time that it may take to open. Those who come later wait for the same request. */
  #inTime(): Promise<IdbDatabase> {
    if (this.#isClosed)
      throw new CacheClosedError("Cannot use IndexedDB store as it must be open: received a closed one");
    if (this.#open !== undefined) return Promise.resolve(this.#open);
    this.#opening ??= this.#request().finally(() => {
      this.#opening = undefined;
    });
    const { clock, openTimeout } = this.#options;
    const opening = this.#opening;
    return new Promise((resolve, reject) => {
      const late = (): void => {
        const why = this.#isBlocked ? "another tab that keeps an older version open" : "no answer from the browser";
        reject(
          new StoreOpenError(`Cannot open IndexedDB store as it must open within ${openTimeout} ms: received ${why}`),
        );
      };
      const timer = openTimeout === Infinity ? undefined : clock.setTimer(late, openTimeout, true);
      opening.then(resolve, reject).finally(() => {
        if (timer !== undefined) clock.clearTimer(timer);
      });
    });
  }

  async #request(): Promise<IdbDatabase> {
    const { factory, name, clock } = this.#options;
    this.#isBlocked = false;
    const connection = await new Promise<IdbDatabase>((resolve, reject) => {
      // It throws where the page has no origin, and answers with an error in some private windows.
      const request = factory.open(name, SCHEMA_VERSION);
      request.onsuccess = () => resolve(request.result);
      request.onerror = (event: { preventDefault(): void }) => {
        event.preventDefault();
        reject(request.error);
      };
      request.onblocked = () => {
        this.#isBlocked = true;
      };
      request.onupgradeneeded = ({ oldVersion }: { oldVersion: number }) =>
        upgrade(request.result, request.transaction!, oldVersion, clock.now());
    }).catch((error: unknown) => {
      throw explain(error);
    });
    try {
      checkStores(connection);
      if (this.#isClosed)
        throw new CacheClosedError("Cannot use IndexedDB store as it must be open: received a closed one");
    } catch (error) {
      connection.close();
      throw error;
    }
    connection.onversionchange = () => {
      // Another tab wants to upgrade or delete it and would have to wait for us.
      connection.close();
      this.#lost(connection);
    };
    connection.onclose = () => this.#lost(connection);
    this.#open = connection;
    return connection;
  }
}

function explain(error: unknown): TiercelError {
  if (error instanceof TiercelError) return error;
  const name = (error as { name?: unknown } | null)?.name;
  if (name === "VersionError") {
    return new StoreSchemaError(
      `Cannot open IndexedDB store as its schema version must be at most ${SCHEMA_VERSION}: received a higher one, written by a newer version of Tiercel`,
      { cause: error },
    );
  }
  return new StoreOpenError(
    `Cannot open IndexedDB store as the browser must let this page store data: received ${typeof name === "string" ? name : "an error"}`,
    { cause: error },
  );
}
