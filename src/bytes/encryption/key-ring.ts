/**
 * The key ring: the key that is in force and those that came before it.
 *
 * A key of the ring never encrypts anything itself. Keys for each purpose are derived of it by HKDF with SHA-256 (RFC 5869), so one ring may
 * serve any number of caches, and what is known of one cache's key tells nothing of another's.
 *
 * @module
 */
import { ConfigError, kindOf } from "../../errors.ts";
import type { MaybePromise } from "../../tier.ts";
import { type KeyInput, KeyMaterial, type WebCryptoKey } from "./key-material.ts";

/** Keys of {@linkcode keyRing}. */
export interface KeyRingOptions {
  /** Encrypts what is written. */
  readonly current: KeyInput;
  /** Decrypt what is read, together with `current`. Default none. */
  readonly previous?: readonly KeyInput[] | undefined;
  /**
   * Hides the names of keys and tags (`hashKeys`), and stays the same when the other keys are rotated, since names that change are names
   * that nobody finds. Default: `current`, where there is none in `previous`.
   */
  readonly names?: KeyInput | undefined;
}

/**
 * Keys for encryption. It shows none of them, however it is printed, and may serve several tiers and caches. Ids are eight hexadecimal
 * digits that tell a key from others and nothing else of it.
 */
export interface KeyRing {
  /** Ids of all keys, the current one first. */
  ids(): Promise<string[]>;
  /** Puts a key in force, in one step; the one before is kept to decrypt. One that the ring has is not taken twice. Answers with its id. */
  rotate(key: KeyInput): Promise<string>;
  /** Keeps a key to decrypt what other processes write that have been told to rotate before this one. Answers with its id. */
  add(key: KeyInput): Promise<string>;
  /**
   * Forgets keys that are not in force: the one with this id, or all. What is still encrypted with them is a miss.
   *
   * @throws {ConfigError} for the id of the current key, and for what is no id
   */
  drop(id?: string): Promise<void>;
}

/** A key of a ring, as the rooms of encryption see it. */
export interface RingKey {
  /** Four bytes that stand before what is encrypted. */
  readonly id: Uint8Array<ArrayBuffer>;
  /** The same as eight hexadecimal digits. */
  readonly hex: string;
  /** A key for AES-256-GCM derived of this one. Not kept: it costs about 355 µs on Node, so keep it. */
  derive(salt: Uint8Array, info: Uint8Array): Promise<WebCryptoKey>;
  /** The 32 bytes of a key derived of this one, for any use. */
  deriveBytes(salt: Uint8Array, info: Uint8Array): Promise<Uint8Array<ArrayBuffer>>;
}

/** What a ring holds at one moment. It never changes: a rotation makes another one. */
export interface RingKeys {
  readonly current: RingKey;
  /** For the names of keys and tags; absent where nobody has said which. */
  readonly names: RingKey | undefined;
  find(id: Uint8Array): RingKey | undefined;
}

/**
 * Makes a key ring. Keys are 32 random bytes, for example of `openssl rand -base64 32`.
 *
 * @throws {ConfigError} for what is no key of 256 bits; it tells kind and length, and never the key
 *
 * @example
 * ```ts
 * import { encryption, keyRing } from "tiercel/encryption";
 * import { sqlite } from "tiercel/sqlite";
 *
 * const key = crypto.getRandomValues(new Uint8Array(32));
 * const tier = sqlite("cache.db", { encryption: encryption(keyRing({ current: key })) });
 * ```
 */
export function keyRing(options: KeyRingOptions): KeyRing {
  return new Ring(options);
}

/**
 * What a ring holds now; a promise until it is asked for the second time.
 *
 * @throws {ConfigError} for what is no ring
 */
export function keysOf(ring: KeyRing): MaybePromise<RingKeys> {
  if (!(ring instanceof Ring)) throw noRing(ring);
  return ring.keys;
}

/** @throws {ConfigError} for what is no ring */
export function checkRing(ring: unknown): asserts ring is KeyRing {
  if (!(ring instanceof Ring)) throw noRing(ring);
}

function noRing(received: unknown): ConfigError {
  return new ConfigError("ring", `Cannot use ring as it must be made by keyRing(): received ${kindOf(received)}`);
}

const encoder = /* @__PURE__ */ new TextEncoder();
const ID = /^[0-9a-f]{8}$/i;
/** Of the id, so that no other derived key has bytes in common with it. */
const ID_LABEL = "tiercel key id v1";
const NO_SALT = /* @__PURE__ */ new Uint8Array(0);

class Key implements RingKey {
  readonly #key: CryptoKey;
  readonly id: Uint8Array<ArrayBuffer>;
  readonly hex: string;
  /** Tells two keys apart also where their ids are the same by chance. */
  readonly fingerprint: string;

  constructor(key: CryptoKey, digest: Uint8Array<ArrayBuffer>) {
    this.#key = key;
    this.id = digest.slice(0, 4);
    this.hex = hexOf(this.id);
    this.fingerprint = hexOf(digest);
  }

  static async import(material: KeyMaterial): Promise<Key> {
    const key = (await material.import()) as CryptoKey;
    return new Key(key, new Uint8Array(await bits(key, NO_SALT, encoder.encode(ID_LABEL))));
  }

  async derive(salt: Uint8Array, info: Uint8Array): Promise<CryptoKey> {
    const raw = await bits(this.#key, salt, info);
    return crypto.subtle.importKey("raw", raw, "AES-GCM", false, ["encrypt", "decrypt"]);
  }

  async deriveBytes(salt: Uint8Array, info: Uint8Array): Promise<Uint8Array<ArrayBuffer>> {
    return new Uint8Array(await bits(this.#key, salt, info));
  }
}

function bits(key: CryptoKey, salt: Uint8Array, info: Uint8Array): Promise<ArrayBuffer> {
  const algorithm = { name: "HKDF", hash: "SHA-256", salt: salt as BufferSource, info: info as BufferSource };
  return crypto.subtle.deriveBits(algorithm, key, 256);
}

function hexOf(bytes: Uint8Array): string {
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
}

/** One state of a ring. */
class Keys implements RingKeys {
  readonly current: Key;
  readonly names: Key | undefined;
  /** By id, the current one first. */
  readonly all: ReadonlyMap<string, Key>;

  constructor(current: Key, others: Iterable<Key>, names: Key | undefined) {
    const all = new Map([[current.hex, current]]);
    for (const key of others) {
      const known = all.get(key.hex);
      if (known !== undefined && known.fingerprint !== key.fingerprint) {
        throw new ConfigError(
          "ring",
          `Cannot use key as its id must differ from that of another: received two of ${key.hex}, make a new one`,
        );
      }
      all.set(key.hex, known ?? key);
    }
    this.current = current;
    this.names = names;
    this.all = all;
  }

  find(id: Uint8Array): Key | undefined {
    // Mostly the current one.
    const { current } = this;
    return id.length === 4 && current.id.every((byte, at) => byte === id[at]) ? current : this.all.get(hexOf(id));
  }
}

class Ring implements KeyRing {
  /** How the first state is made, until it is. */
  #given: (() => Promise<Keys>) | undefined;
  #keys: MaybePromise<Keys> | undefined;
  /** Changes happen one after the other. */
  #last: Promise<unknown> = Promise.resolve();

  constructor(options: KeyRingOptions) {
    if (typeof options !== "object" || options === null)
      throw new ConfigError("ring", `Cannot use ring as it must be an object with current: received ${typeof options}`);
    const { current, previous = [], names } = options;
    if (!Array.isArray(previous))
      throw new ConfigError(
        "previous",
        `Cannot use previous as it must be a list of keys: received ${typeof previous}`,
      );
    const own = new KeyMaterial("current", current);
    const others = previous.map((key) => new KeyMaterial("previous", key));
    const naming = names === undefined ? undefined : new KeyMaterial("names", names);
    this.#given = async () => {
      const [first, ...rest] = await Promise.all([own, ...others].map(Key.import));
      const fallback = rest.length === 0 ? first : undefined;
      return new Keys(first!, rest, naming ? await Key.import(naming) : fallback);
    };
  }

  /** Keys are imported when they are first asked for, since some runtimes allow none of that before a request. */
  get keys(): MaybePromise<Keys> {
    return (this.#keys ??= this.#import());
  }

  async #import(): Promise<Keys> {
    const keys = await this.#given!();
    this.#given = undefined;
    this.#keys = keys;
    return keys;
  }

  async ids(): Promise<string[]> {
    await this.#last;
    return [...(await this.keys).all.keys()];
  }

  rotate(key: KeyInput): Promise<string> {
    return this.#take(key, (keys, own) => new Keys(own, keys.all.values(), keys.names));
  }

  add(key: KeyInput): Promise<string> {
    return this.#take(key, (keys, own) => new Keys(keys.current, [...keys.all.values(), own], keys.names));
  }

  async #take(input: KeyInput, change: (keys: Keys, own: Key) => Keys): Promise<string> {
    const material = new KeyMaterial("key", input);
    return this.#inTurn(async () => {
      const [keys, own] = [await this.keys, await Key.import(material)];
      this.#keys = change(keys, own);
      return own.hex;
    });
  }

  async drop(id?: string): Promise<void> {
    // What is none may be a key.
    if (id !== undefined && !(typeof id === "string" && ID.test(id)))
      throw new ConfigError("id", "Cannot drop key as its id must be eight hexadecimal digits: received another");
    const own = id?.toLowerCase();
    return this.#inTurn(async () => {
      const { current, all, names } = await this.keys;
      if (own === current.hex)
        throw new ConfigError("id", `Cannot drop key ${own} as it must not be in force: received the current`);
      const rest = own === undefined ? [] : [...all.values()].filter(({ hex }) => hex !== own);
      this.#keys = new Keys(current, rest, names);
    });
  }

  #inTurn<T>(step: () => Promise<T>): Promise<T> {
    const done = this.#last.then(step);
    this.#last = done.catch(() => {});
    return done;
  }

  toJSON(): string {
    return "[key ring]";
  }

  toString(): string {
    return "[key ring]";
  }
}
