/**
 * Names of keys and tags, hidden so that the same name is always the same text, and a beginning that ends where a namespace or scope
 * does is a beginning again. docs/format.md has it.
 *
 * SIV (Rogaway and Shrimpton, 2006): an HMAC of the name is both its proof and the counter that it is encrypted with. A plain HMAC would
 * hide it as well, but nobody could list keys or read the journal then.
 *
 * @module
 */
import { ConfigError } from "../../errors.ts";
import { all, then } from "../../maybe.ts";
import type { MaybePromise } from "../../tier.ts";
import { type KeyRing, keysOf } from "./key-ring.ts";
import { isSame, kept, type Siv, sivOf } from "./primitives.ts";
import { Recent } from "./recent.ts";

/** Keys and tags of one name are different texts. */
export type NameKind = "key" | "tag";

/** Names that are remembered, each with what hides it: two of Web Crypto's calls cost more than most reads. */
const REMEMBERED = 5_000;
const IV = 16;
const NO_SALT = /* @__PURE__ */ new Uint8Array(0);
const encoder = /* @__PURE__ */ new TextEncoder();
/** Occurs in no UTF-8: what follows are UTF-16 units of a text that UTF-8 cannot hold. */
const UTF16 = 0xff;
/** Namespaces and scopes at the beginning of a name. */
const SEGMENTS = /^(?:@[^:]*:)*/;
const HIDDEN = /^[A-Za-z0-9_-]+$/;

/** A name in its parts. */
interface Parts {
  /** The cache's prefix, which stays as it is. */
  readonly clear: string;
  /** Namespaces and scopes, without `@` and `:`. */
  readonly segments: readonly string[];
  /** What is behind them. */
  readonly rest: string;
}

/** Hides and shows the names of one cache. */
export class NameCipher {
  readonly #ring: KeyRing;
  readonly #cacheName: string;
  readonly #siv: () => MaybePromise<Siv> = kept(() => this.#derive());
  readonly #hidden = new Recent<string>(REMEMBERED);
  readonly #shown = new Recent<string>(REMEMBERED);

  constructor(ring: KeyRing, cacheName: string) {
    this.#ring = ring;
    this.#cacheName = cacheName;
  }

  /** The text that stands for a name in the store. */
  hide(kind: NameKind, name: string): MaybePromise<string> {
    const known = this.#hidden.get(`${kind}:${name}`);
    if (known !== undefined) return known;
    return then(this.#whole(kind, name), (hidden) => {
      this.#hidden.set(`${kind}:${name}`, hidden);
      this.#shown.set(`${kind}:${hidden}`, name);
      return hidden;
    });
  }

  hideAll(kind: NameKind, names: readonly string[]): MaybePromise<string[]> {
    return all(names.map((name) => this.hide(kind, name)));
  }

  /** The name that a text of the store stands for; the text itself where it stands for none. */
  show(kind: NameKind, hidden: string): MaybePromise<string> {
    const known = this.#shown.get(`${kind}:${hidden}`);
    if (known !== undefined) return known;
    return then(this.#open(kind, hidden), (name) => {
      if (name === undefined) return hidden;
      this.#shown.set(`${kind}:${hidden}`, name);
      return name;
    });
  }

  showAll(kind: NameKind, hidden: readonly string[]): MaybePromise<string[]> {
    return all(hidden.map((one) => this.show(kind, one)));
  }

  /** The longest beginning that all names with this one have in the store, and whether others have it too. */
  prefix(prefix: string): MaybePromise<{ hidden: string; isExact: boolean }> {
    const { clear, segments, rest } = this.#parts(prefix);
    return then(this.#segments("key", clear, segments), (hidden) =>
      rest.startsWith("@") ? { hidden: `${hidden}@`, isExact: rest === "@" } : { hidden, isExact: rest === "" },
    );
  }

  #parts(name: string): Parts {
    const clear = this.#clear(name);
    const [head] = SEGMENTS.exec(name.slice(clear.length))!;
    const segments = head === "" ? [] : head.slice(1, -1).split(":@");
    return { clear, segments, rest: name.slice(clear.length + head.length) };
  }

  /** The cache's name, and what else it puts before all keys of a store that is shared. */
  #clear(name: string): string {
    const cache = this.#cacheName;
    if (name.startsWith(`${cache}:`)) return `${cache}:`;
    const end = name.startsWith(`${cache}/`) ? name.indexOf(":", cache.length) : -1;
    return name.slice(0, end + 1);
  }

  #whole(kind: NameKind, name: string): MaybePromise<string> {
    const { clear, segments, rest } = this.#parts(name);
    const before = name.slice(0, name.length - rest.length);
    return then(this.#segments(kind, clear, segments), (head) =>
      rest === ""
        ? head
        : then(this.#seal(`${kind}\0${before}\0`, rest), (last) => head + (rest.startsWith("@") ? `@${last}` : last)),
    );
  }

  #segments(kind: NameKind, clear: string, segments: readonly string[]): MaybePromise<string> {
    let before = clear;
    const sealed = segments.map((segment) => {
      const label = `${kind}\0${before}\0@`;
      before += `@${segment}:`;
      const known = this.#hidden.get(label + segment);
      if (known !== undefined) return known;
      return then(this.#seal(label, segment), (hidden) => {
        this.#hidden.set(label + segment, hidden);
        return hidden;
      });
    });
    return then(all(sealed), (some) => clear + some.map((one) => `@${one}:`).join(""));
  }

  #open(kind: NameKind, hidden: string): MaybePromise<string | undefined> {
    const { clear, segments, rest } = this.#parts(hidden);
    const show = (name: string, left: readonly string[]): MaybePromise<string | undefined> => {
      const [segment, ...others] = left;
      if (segment !== undefined) {
        return then(this.#unseal(`${kind}\0${name}\0@`, segment), (shown) =>
          shown === undefined ? undefined : show(`${name}@${shown}:`, others),
        );
      }
      if (rest === "" || rest === "@") return name + rest;
      return then(this.#unseal(`${kind}\0${name}\0`, rest.replace(/^@/, "")), (last) =>
        last === undefined ? undefined : name + last,
      );
    };
    return show(clear, segments);
  }

  /** @param label what the text stands behind, which is proven with it */
  #seal(label: string, text: string): MaybePromise<string> {
    const bytes = bytesOf(text);
    return then(this.#siv(), (siv) =>
      then(mac(siv, label, bytes), (iv) =>
        then(siv.crypt(iv, bytes), (crypted) => {
          const sealed = new Uint8Array(IV + crypted.length);
          sealed.set(iv);
          sealed.set(crypted, IV);
          return toBase64(sealed);
        }),
      ),
    );
  }

  #unseal(label: string, hidden: string): MaybePromise<string | undefined> {
    const sealed = fromBase64(hidden);
    if (sealed === undefined || sealed.length < IV) return undefined;
    const iv = sealed.slice(0, IV);
    return then(this.#siv(), (siv) =>
      then(siv.crypt(iv, sealed.slice(IV)), (opened) => {
        const bytes = Uint8Array.from(opened);
        return then(mac(siv, label, bytes), (proof) => (isSame(proof, iv) ? textOf(bytes) : undefined));
      }),
    );
  }

  async #derive(): Promise<Siv> {
    const { names } = await keysOf(this.#ring);
    if (names === undefined) {
      throw new ConfigError(
        "names",
        "Cannot use hashKeys as a ring with previous keys must have names, the key that has hidden names so far: received none",
      );
    }
    const info = (what: string): Uint8Array => encoder.encode(`tiercel names ${what} v1\0${this.#cacheName}`);
    const [macKey, counterKey] = await Promise.all([
      names.deriveBytes(NO_SALT, info("mac")),
      names.deriveBytes(NO_SALT, info("counter")),
    ]);
    return sivOf(macKey, counterKey);
  }
}

function mac(siv: Siv, label: string, bytes: Uint8Array): MaybePromise<Uint8Array<ArrayBuffer>> {
  const head = bytesOf(label);
  const message = new Uint8Array(head.length + bytes.length);
  message.set(head);
  message.set(bytes, head.length);
  return then(siv.mac(message), (proof) => Uint8Array.from(proof.subarray(0, IV)));
}

function bytesOf(text: string): Uint8Array<ArrayBuffer> {
  if (!/\p{Surrogate}/u.test(text)) return encoder.encode(text);
  const bytes = new Uint8Array(1 + 2 * text.length);
  bytes[0] = UTF16;
  const view = new DataView(bytes.buffer);
  for (let index = 0; index < text.length; index++) view.setUint16(1 + 2 * index, text.charCodeAt(index));
  return bytes;
}

function textOf(bytes: Uint8Array): string {
  if (bytes[0] !== UTF16) return new TextDecoder("utf-8", { ignoreBOM: true }).decode(bytes);
  let text = "";
  for (let at = 1; at < bytes.length; at += 2) text += String.fromCharCode((bytes[at]! << 8) | bytes[at + 1]!);
  return text;
}

function toBase64(bytes: Uint8Array): string {
  let units = "";
  for (const byte of bytes) units += String.fromCharCode(byte);
  return btoa(units).replaceAll("+", "-").replaceAll("/", "_").replace(/=+$/, "");
}

function fromBase64(text: string): Uint8Array<ArrayBuffer> | undefined {
  if (!HIDDEN.test(text) || text.length % 4 === 1) return undefined;
  const units = atob(text.replaceAll("-", "+").replaceAll("_", "/"));
  return Uint8Array.from(units, (unit) => unit.charCodeAt(0));
}
