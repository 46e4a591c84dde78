import { CorruptError } from "../../../mod.ts";
import { keyRing } from "../../../src/bytes/encryption/key-ring.ts";
import type { Manifest } from "../../../src/streams/manifest.ts";
import { streams } from "../../../src/streams/mod.ts";
import { equal, ok, rejects, same, type TestCase } from "../../contract/mod.ts";
import { memoryAlone, memoryOverMap, type Rig, type Stack, sharedAlone, stackSuite } from "../cache/stacks.ts";
import { bodyOf, CHUNK, chunksOf, memoryOverBytes, read, some, tamper, tap, until } from "./tools.ts";

const BODY = some(5 * CHUNK);
const KEY = some(32, 5);
const OPTIONS = { chunkBytes: CHUNK };

function ring(key: Uint8Array = KEY, previous: Uint8Array[] = []): ReturnType<typeof keyRing> {
  return keyRing({ current: key, previous });
}

function sealed({ cache }: Pick<Rig, "cache">): ReturnType<typeof streams> {
  return streams(cache, { ...OPTIONS, encryption: ring() });
}

/** Gives every chunk the value of another. */
async function shuffle(rig: Rig, from: readonly string[], to: readonly string[]): Promise<void> {
  const { entries } = await rig.cache.tier(rig.bottom).getMany(from, { now: rig.clock.now() });
  for (const [i, key] of to.entries()) await tamper(rig, rig.cache, key, () => entries[i]!.value);
}

/** What a tier has, in any form. */
function holds(value: unknown, wanted: string): boolean {
  if (value instanceof Uint8Array) return String.fromCharCode(...value).includes(wanted);
  return typeof value === "object" && value !== null
    ? Object.values(value).some((part) => holds(part, wanted))
    : String(value).includes(wanted);
}

const everywhere = stackSuite("sealed streams", {
  "what was stored comes back, whatever its length": async (open) => {
    const rig = open();
    const files = sealed(rig);
    for (const length of [0, 1, CHUNK, CHUNK + 1, 5 * CHUNK, 6_000]) {
      for (const source of [some(length), new Blob([some(length)])]) {
        await files.set("k", source, { meta: { length } });
        const found = await files.get("k");
        equal([found?.meta, found?.size], [{ length }, length]);
        equal(await read(found?.body), some(length));
      }
    }
  },
  "readers read along while it fills": async (open) => {
    const rig = open();
    const files = sealed(rig);
    const { source, give, end } = tap();
    const first = files.getOrSet("k", () => ({ body: source }));
    const second = files.getOrSet("k", () => ({ body: source }));
    await first;
    give(BODY);
    const third = files.getOrSet("k", () => ({ body: source }));
    end();
    for (const found of [first, second, third]) equal(await bodyOf(found), BODY);
    await until(() => files.has("k"));
    equal(await bodyOf(files.get("k")), BODY);
  },
  "neither body nor meta can be read in the tiers": async (open) => {
    const rig = open();
    const files = sealed(rig);
    const text = "the secret of the house ".repeat(200);
    await files.set("k", new TextEncoder().encode(text), { meta: "the meta of the house" });
    await files.set("short", new TextEncoder().encode("the secret of the house"), { meta: "the meta of the house" });
    for (const { name } of rig.cache.stats().tiers) {
      const tier = rig.cache.tier(name);
      const { keys } = await tier.scan!({ prefix: "", limit: 1_000, now: rig.clock.now() });
      ok(keys.length > 0);
      const { entries } = await tier.getMany(keys, { now: rig.clock.now() });
      for (const entry of entries) ok(!holds(entry?.value, "house"));
    }
  },
  "without the key it is a miss that stays, and keys rotate": async (open) => {
    const { cache } = open();
    const files = streams(cache, { ...OPTIONS, encryption: ring() });
    for (const body of [some(10), BODY]) {
      await files.set("k", body);
      const other = some(32, 9);
      same(await streams(cache, { ...OPTIONS, encryption: ring(other) }).get("k"), undefined);
      same(await streams(cache, OPTIONS).get("k"), undefined);
      equal(await bodyOf(streams(cache, { ...OPTIONS, encryption: ring(other, [KEY]) }).get("k")), body);
      equal(await bodyOf(files.get("k")), body);
    }
    await streams(cache, OPTIONS).set("plain", BODY);
    same(await files.get("plain"), undefined);
    const loaded = await files.getOrSet("plain", () => ({ body: some(3) }));
    equal(await read(loaded.body), some(3));
  },
  "a view has what it can open, and nothing else": async (open) => {
    const { cache } = open();
    const [files, plain] = [sealed({ cache }), streams(cache, OPTIONS)];
    const other = streams(cache, { ...OPTIONS, encryption: ring(some(32, 9)) });
    const both = streams(cache, { ...OPTIONS, encryption: ring(some(32, 9), [KEY]) });
    await files.set("k", BODY);
    await plain.set("plain", BODY);
    const views = [files, both, other, plain];
    const having = (key: string): Promise<boolean[]> => Promise.all(views.map((view) => view.has(key)));
    equal(
      [await having("k"), await having("plain")],
      [
        [true, true, false, false],
        [false, false, false, true],
      ],
    );
  },
  "meta that this runtime cannot have is a miss that stays": async (open) => {
    const scope = globalThis as { Float64Array?: unknown };
    const { cache } = open();
    const files = sealed({ cache });
    await files.set("k", some(10), { meta: new Float64Array([1]) });
    const own = Object.getOwnPropertyDescriptor(scope, "Float64Array")!;
    delete scope.Float64Array;
    try {
      same(await files.get("k"), undefined);
    } finally {
      Object.defineProperty(scope, "Float64Array", own);
    }
    equal(await bodyOf(files.get("k")), some(10));
  },
  "each stream is encrypted anew": async (open) => {
    const rig = open();
    const files = sealed(rig);
    const read = async (): Promise<Manifest> => (await rig.cache.get<Manifest>("k"))!;
    await files.set("k", some(10));
    const first = await read();
    await files.set("k", some(10));
    const second = await read();
    ok(first.seal!.salt.join() !== second.seal!.salt.join());
    ok(first.parts![0]!.join() !== second.parts![0]!.join());
  },
});

const shelved = stackSuite("sealed streams on shelves", {
  "chunks in another order, twice, left out, cut or changed by a bit are errors or a miss": async (open) => {
    const attacks: Record<string, (rig: Rig, keys: readonly string[]) => unknown> = {
      reordered: (rig, [a, b, c, d, e]) => shuffle(rig, [a!, b!, c!, d!, e!], [a!, c!, b!, d!, e!]),
      "first and second swapped": (rig, [a, b]) => shuffle(rig, [a!, b!], [b!, a!]),
      doubled: (rig, [, b, c]) => shuffle(rig, [b!], [c!]),
      "last one before its place": (rig, keys) => shuffle(rig, [keys[4]!], [keys[3]!]),
      "one before in the place of the last": (rig, keys) => shuffle(rig, [keys[3]!], [keys[4]!]),
      "left out": (rig, keys) => rig.cache.tier(rig.bottom).deleteMany([keys[4]!], rig.clock.now()),
      cut: (rig, keys) => tamper(rig, rig.cache, keys[2]!, (value) => (value as Uint8Array).slice(0, -1)),
      empty: (rig, keys) => tamper(rig, rig.cache, keys[2]!, () => new Uint8Array(0)),
      flipped: (rig, keys) =>
        tamper(rig, rig.cache, keys[1]!, (value) =>
          (value as Uint8Array).map((byte, at) => (at === 500 ? byte ^ 1 : byte)),
        ),
    };
    for (const [name, attack] of Object.entries(attacks)) {
      const rig = open();
      const files = sealed(rig);
      await files.set("k", BODY);
      await attack(rig, await chunksOf(rig));
      const found = await files.get("k");
      if (found) await rejects(read(found.body), CorruptError);
      await until(async () => (await rig.cache.keys()).length === 0);
      same(await files.get("k"), undefined, name);
    }
  },
  "chunks of another stream, of the same key or another, do not fit": async (open) => {
    const rig = open();
    const files = sealed(rig);
    await files.set("a", BODY);
    const a = await chunksOf(rig);
    await files.set("b", BODY);
    const b = (await chunksOf(rig)).filter((key) => !a.includes(key));
    await shuffle(rig, a, b);
    same(await files.get("b"), undefined);
    equal(await bodyOf(files.get("a")), BODY);
  },
  "a whole stream moved to another key, scope or cache is a miss": async (open) => {
    const rig = open();
    for (const body of [some(10), BODY]) {
      const files = sealed(rig);
      await files.set("a", body);
      const stolen = await rig.cache.get("a");
      await rig.cache.set("b", stolen);
      same(await files.get("b"), undefined);
      await rig.cache.namespace("n").set("a", stolen);
      same(await sealed({ cache: rig.cache.namespace("n") }).get("a"), undefined);
      for (const options of [{ name: "other" }, { prefix: "other" }]) {
        const other = rig.peer!(options);
        await other.set("a", stolen);
        same(await sealed({ cache: other }).get("a"), undefined);
      }
      equal(await bodyOf(files.get("a")), body);
    }
  },
  "each bit of what is said about a stream counts": async (open) => {
    const rig = open();
    const files = sealed(rig);
    await files.set("k", some(3));
    const good = (await rig.cache.get<Manifest>("k"))!;
    const flip = (bytes: Uint8Array, bit: number): Uint8Array =>
      bytes.map((byte, at) => (at === bit >> 3 ? byte ^ (1 << (bit & 7)) : byte));
    const { seal, parts } = good as Required<Manifest>;
    const forged: Manifest[] = [];
    for (const field of ["key", "salt", "head"] as const)
      for (let bit = 0; bit < seal[field].length * 8; bit++)
        forged.push({ ...good, seal: { ...seal, [field]: flip(seal[field], bit) } });
    for (let bit = 0; bit < parts[0]!.length * 8; bit++) forged.push({ ...good, parts: [flip(parts[0]!, bit)] });
    forged.push({ ...good, count: 2, parts: [parts[0]!, parts[0]!] });
    for (const one of forged) {
      await rig.cache.set("k", one);
      same(await files.get("k"), undefined);
    }
    await rig.cache.set("k", good);
    equal(await bodyOf(files.get("k")), some(3));
  },
});

const STACKS: readonly Stack[] = [memoryAlone, sharedAlone, memoryOverBytes];

export const tests: TestCase[] = [...STACKS.flatMap(everywhere), ...[memoryOverMap, memoryOverBytes].flatMap(shelved)];
