import { gcmOf, isSame, kept, sivOf } from "../../../src/bytes/encryption/primitives.ts";
import { equal, ok, rejects, same } from "../../contract/assert.ts";
import { suite, type TestCase } from "../../contract/suite.ts";

function bytes(length: number, step = 7): Uint8Array<ArrayBuffer> {
  return Uint8Array.from({ length }, (_, at) => at * step);
}

/** Throws or rejects, with whatever the runtime likes: the errors of Web Crypto are of another realm in some. */
async function fails(step: () => unknown): Promise<void> {
  let isOpened = true;
  try {
    await step();
  } catch {
    isOpened = false;
  }
  same(isOpened, false);
}

const IV = bytes(12);
const AD = bytes(33, 3);
const LENGTHS = [0, 1, 15, 16, 17, 300, 4_096, 4_097, 32_768, 32_769, 100_000];

export const tests: TestCase[] = suite("primitives", {
  "AES-GCM gives the same bytes by the runtime's own crypto and by Web Crypto": async () => {
    const [own, web] = [await gcmOf(bytes(32)), await gcmOf(bytes(32), null)];
    for (const length of LENGTHS) {
      const sealed = await own.encrypt(IV, AD, bytes(length));
      equal(sealed, await web.encrypt(IV, AD, bytes(length)));
      for (const one of [own, web]) equal(Uint8Array.from(await one.decrypt(IV, AD, sealed)), bytes(length));
      for (const one of [own, web]) {
        for (const at of [0, length, sealed.length - 1]) {
          const changed = sealed.slice();
          changed[at]! ^= 1;
          await fails(() => one.decrypt(IV, AD, changed));
        }
        await fails(() => one.decrypt(IV, AD.slice(1), sealed));
        await fails(() => one.decrypt(bytes(12, 2), AD, sealed));
        await fails(() => one.decrypt(IV, AD, sealed.slice(0, -1)));
      }
    }
  },
  "HMAC and AES-CTR do, also where the counter overflows": async () => {
    const [own, web] = [await sivOf(bytes(32), bytes(32, 5)), await sivOf(bytes(32), bytes(32, 5), null)];
    const overflowing = (last: number): Uint8Array<ArrayBuffer> =>
      Uint8Array.from({ length: 16 }, (_, at) => (at === 15 ? last : at < 8 ? at : 255));
    const soon = overflowing(255);
    soon[14] = 254;
    for (const counter of [
      bytes(16),
      overflowing(0),
      overflowing(254),
      overflowing(255),
      soon,
      new Uint8Array(16).fill(255),
    ]) {
      for (const length of LENGTHS) {
        const crypted = await own.crypt(counter, bytes(length));
        ok(isSame(crypted, await web.crypt(counter, bytes(length))), `${length} bytes from ${counter}`);
        equal(Uint8Array.from(await web.crypt(counter, Uint8Array.from(crypted))), bytes(length));
      }
    }
    for (const length of LENGTHS) ok(isSame(await own.mac(bytes(length)), await web.mac(bytes(length))));
  },
  "keys are forgotten where they came from": async () => {
    const [raw, mac, counter] = [bytes(32), bytes(32), bytes(32)];
    await gcmOf(raw);
    await sivOf(mac, counter);
    for (const one of [raw, mac, counter]) equal(one, new Uint8Array(32));
  },
  "bytes are the same or not": () => {
    same(isSame(bytes(3), bytes(3)), true);
    same(isSame(bytes(3), bytes(4)), false);
    same(isSame(bytes(4), bytes(3)), false);
    same(isSame(bytes(0), bytes(0)), true);
    same(isSame(bytes(3), bytes(3, 8)), false);
  },
  "what is made is kept, and made again if it failed": async () => {
    let made = 0;
    const get = kept(async () => {
      if (++made === 1) throw new RangeError();
      return made;
    });
    await rejects(async () => get(), RangeError);
    equal(await Promise.all([get(), get()]), [2, 2]);
    same(get(), 2);
  },
});
