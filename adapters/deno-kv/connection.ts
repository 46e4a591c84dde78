/**
 * The connection: an open `Deno.Kv` of the caller's, or a database that is opened when it is first needed.
 *
 * @module
 */
import { StoreOpenError } from "../../src/errors.ts";
import type { DenoKv } from "./kv.ts";
import { patiently } from "./patience.ts";

/** `Deno`, as far as it is needed here. */
interface DenoNamespace {
  openKv?(path?: string): Promise<DenoKv>;
}

/** Opens and closes. */
export class Connection {
  readonly #target: DenoKv | string | undefined;
  readonly #isOwn: boolean;
  #opening: Promise<DenoKv> | undefined;
  #kv: DenoKv | undefined;

  constructor(target: DenoKv | string | undefined) {
    this.#target = target;
    this.#isOwn = typeof target !== "object";
    if (typeof target === "object") this.#kv = target;
  }

  /** The handle, once it is open. */
  get handle(): DenoKv | undefined {
    return this.#kv;
  }

  /** @throws {StoreOpenError} where there is no Deno KV */
  check(): void {
    if (!this.#isOwn || typeof denoNamespace()?.openKv === "function") return;
    throw new StoreOpenError(
      denoNamespace() === undefined
        ? "Cannot open Deno KV store as the runtime must be Deno, or an open Deno.Kv be given: received another runtime"
        : "Cannot open Deno KV store as Deno.openKv must be there: run deno with --unstable-kv",
    );
  }

  /** Opens the database, unless it is open; one that failed to open is tried again. */
  async open(): Promise<DenoKv> {
    if (this.#kv !== undefined) return this.#kv;
    this.#opening ??= this.#openOwn().finally(() => {
      this.#opening = undefined;
    });
    return this.#opening;
  }

  async #openOwn(): Promise<DenoKv> {
    this.check();
    try {
      const kv = await patiently(() => denoNamespace()!.openKv!(this.#target as string | undefined));
      this.#kv = kv;
      return kv;
    } catch (error) {
      // A URL may have in it what is secret.
      const said = String((error as Error | undefined)?.message).replace(/\w+:\/\/[^\s'")]*/g, "(URL)");
      throw new StoreOpenError(`Cannot open Deno KV store as its database must be one that can be opened: ${said}`);
    }
  }

  /** Closes what was opened here. */
  async close(): Promise<void> {
    if (!this.#isOwn) return;
    const kv = this.#kv ?? (await this.#opening?.catch(() => undefined));
    this.#kv = undefined;
    kv?.close();
  }
}

function denoNamespace(): DenoNamespace | undefined {
  return (globalThis as { Deno?: DenoNamespace }).Deno;
}
