// What goes through Upstash, and comes back as it was; and what one request is.
import { redis } from "../../adapters/redis.ts";
import type { Tier } from "../../mod.ts";
import type { JournalPage } from "../../src/tier.ts";
import { equal, ok, same } from "../contract/assert.ts";
import {
  KINDS,
  MAX_REQUEST_BYTES,
  now,
  opened,
  openTier,
  PATIENCE,
  prefixes,
  put,
  served,
  serverTest,
  targetOf,
  values,
} from "./upstash-fixture.ts";

const servers = served();

/** Texts that JSON, a client or a server might take for something else. */
const ODD = [
  ...[
    "42",
    "1e3",
    "007",
    "true",
    "null",
    "OK",
    '"quoted"',
    '{"a":1}',
    "[1,2]",
    "T0s=",
    "",
    " ",
    "\n",
    "\r\n",
    "\t\u0001",
  ],
  ...[
    "ключ",
    "鍵",
    "🗝️",
    "\ufeffbom",
    "\u0080\u00ff",
    "\u2028",
    "a,b",
    "a:b",
    "{x}:y",
    "\\",
    "/",
    "%2F",
    "*3\n$1\n",
    "é\u0301",
  ],
];

const all = { match: "any", mode: "delete", now, after: 0 } as const;

async function journalOf(tier: Tier, since?: number): Promise<JournalPage> {
  return tier.journal!(since);
}

for (const kind of KINDS) {
  serverTest(`${kind}: keys, values and tags of any text come back as they were`, async () => {
    const prefix = prefixes();
    const target = targetOf(kind, servers.bridge);
    const { tier } = await openTier(target, { prefix });
    const { tier: other } = await openTier(target, { prefix });
    const { position } = await journalOf(other);
    await put(tier, Object.fromEntries(ODD.map((text) => [`k${text}`, { text, nothing: null, none: undefined }])), ODD);
    equal(await values(tier, `k${ODD[0]}`, "k", ...ODD.slice(1, 3)), [
      { text: "42", nothing: null, none: undefined },
      { text: "", nothing: null, none: undefined },
      undefined,
      undefined,
    ]);
    const { entries } = await tier.getMany(
      ODD.map((text) => `k${text}`),
      { now },
    );
    equal(
      entries.map((entry) => (entry?.value as { text?: string })?.text),
      ODD,
    );
    equal(entries[0]?.tags, [...ODD].sort());
    const { keys } = await tier.scan!({ prefix: "k", limit: 100, now });
    equal([...keys].sort(), ODD.map((text) => `k${text}`).sort());
    const page = await journalOf(other, position);
    equal(page.changes, [{ by: "keys", keys: ODD.map((text) => `k${text}`) }]);
    await tier.invalidate!({ ...all, tags: ["\ufeffbom"] });
    equal(await values(tier, "k42"), [undefined]);
    equal((await journalOf(other, page.position)).changes?.[0], {
      ...{ by: "tags", tags: ["\ufeffbom"], match: "any", mode: "delete" },
      sequence: (await journalOf(other)).sequence,
    });
    equal(await tier.deleteMany(["knull", "k🗝️"], now), [false, false]);
  });

  serverTest(`${kind}: a value of 1 MiB of random bytes, null, and nothing at all`, async () => {
    const { tier } = await openTier(targetOf(kind, servers.bridge), { maxRequestBytes: MAX_REQUEST_BYTES });
    const bytes = crypto.getRandomValues(new Uint8Array(65_536));
    const large = new Uint8Array(1_048_576);
    for (let at = 0; at < large.length; at += bytes.length) large.set(bytes, at);
    await put(tier, { large, nothing: null, empty: new Uint8Array(0) });
    const [found, nothing, empty] = await values(tier, "large", "nothing", "empty");
    ok(found instanceof Uint8Array && found.length === large.length && found.every((byte, at) => byte === large[at]));
    same(nothing, null);
    equal(empty, new Uint8Array(0));
  });

  serverTest(`${kind}: every operation is one request, and two where the server does not know the script`, async () => {
    const { tier } = await openTier(targetOf(kind, servers.bridge));
    await servers.wire.send("SCRIPT", "FLUSH");
    let requests = 0;
    const costs = async (call: () => unknown): Promise<number> => {
      requests = servers.bridge.requests;
      await call();
      return servers.bridge.requests - requests;
    };
    const entries = Object.fromEntries(Array.from({ length: 200 }, (_, index) => [`key ${index}`, index]));
    const keys = Object.keys(entries);
    same(await costs(() => put(tier, entries, ["tag"])), 2);
    same(await costs(() => put(tier, entries, ["tag"])), 1);
    same(await costs(() => tier.getMany(keys, { now, sequence: true, lease: 1_000 })), 1);
    same(await costs(() => tier.touchMany!([{ key: "key 1", freshUntil: now + 5, staleUntil: now + 5 }], now)), 1);
    same(await costs(() => tier.invalidate!({ ...all, tags: ["tag"] })), 1);
    same(await costs(() => tier.journal!(0)), 1);
    same(await costs(() => tier.release!([{ key: "key 1" }])), 1);
    same(await costs(() => tier.deleteMany(keys, now)), 1);
    same(await costs(() => tier.scan!({ prefix: "", limit: 100, now })), 1);
    same(await costs(() => tier.size!("", now)), 1);
    same(await costs(() => tier.prune!(100, now)), 1);
    same(await costs(() => tier.clear("", now)), 1);
    const [name = ""] = servers.bridge.log.at(-1)!.commands[0]!;
    same(name.toUpperCase(), "EVALSHA");
    servers.bridge.log.length = 0;
  });
}

serverTest(
  "what Redis over TCP has written is read here, and the other way round, with its tags and leases",
  async () => {
    const prefix = prefixes();
    const { tier: here } = await openTier(servers.bridge, { prefix });
    const { tier: there } = await opened(redis(servers.redis.url, { prefix, timeout: PATIENCE }));
    const value = { bytes: Uint8Array.from({ length: 512 }, (_, index) => index), text: "größer 🗝️", none: null };
    await put(there, { theirs: value }, ["täg"]);
    await put(here, { ours: value }, ["täg"]);
    for (const tier of [here, there]) equal(await values(tier, "theirs", "ours"), [value, value]);
    const first = await here.getMany(["new"], { now, lease: 60_000 });
    const second = await there.getMany(["new"], { now, lease: 60_000 });
    ok(first.leases![0]! > 0 && second.leases![0] === undefined, "one lease for both");
    await there.invalidate!({ ...all, tags: ["täg"] });
    for (const tier of [here, there]) equal(await values(tier, "theirs", "ours"), [undefined, undefined]);
    await there.close!();
  },
);

serverTest(
  "a client's options for parsing, gathering and encoding make no difference to concurrent calls",
  async () => {
    const { tier } = await openTier(targetOf("client", servers.bridge));
    await put(tier, { warm: 1 });
    const requests = servers.bridge.requests;
    await Promise.all([
      put(tier, { a: 1 }),
      put(tier, { b: 2 }),
      tier.getMany(["a"], { now }),
      tier.getMany(["b"], { now }),
    ]);
    same(servers.bridge.requests - requests, 4, "four requests, none of which is larger than its call");
    equal(await values(tier, "a", "b"), [1, 2]);
  },
);
