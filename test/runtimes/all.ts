// Written by scripts/suites.mjs: every file under test/unit that exports tests.
import type { TestCase } from "../contract/suite.ts";
import { tests as suite0 } from "../unit/breaker.ts";
import { tests as suite1 } from "../unit/bridges/keyv.ts";
import { tests as suite2 } from "../unit/bridges/unstorage-driver.ts";
import { tests as suite3 } from "../unit/bus/broadcast.ts";
import { tests as suite4 } from "../unit/bus/hearing.ts";
import { tests as suite5 } from "../unit/bus/interleavings.ts";
import { tests as suite6 } from "../unit/bus/on-every-stack.ts";
import { tests as suite7 } from "../unit/bus/polling.ts";
import { tests as suite8 } from "../unit/bus/telling.ts";
import { tests as suite9 } from "../unit/bus/trouble.ts";
import { tests as suite10 } from "../unit/bytes/bigints.ts";
import { tests as suite11 } from "../unit/bytes/bombs.ts";
import { tests as suite12 } from "../unit/bytes/byte-order-marks.ts";
import { tests as suite13 } from "../unit/bytes/cbor.ts";
import { tests as suite14 } from "../unit/bytes/checksum.ts";
import { tests as suite15 } from "../unit/bytes/codecs.ts";
import { tests as suite16 } from "../unit/bytes/compression.ts";
import { tests as suite17 } from "../unit/bytes/cycles.ts";
import { tests as suite18 } from "../unit/bytes/damage.ts";
import { tests as suite19 } from "../unit/bytes/encrypted-contract.ts";
import { tests as suite20 } from "../unit/bytes/encrypted-stacks.ts";
import { tests as suite21 } from "../unit/bytes/encryption.ts";
import { tests as suite22 } from "../unit/bytes/envelope.ts";
import { tests as suite23 } from "../unit/bytes/hidden-names.ts";
import { tests as suite24 } from "../unit/bytes/json.ts";
import { tests as suite25 } from "../unit/bytes/key-ring.ts";
import { tests as suite26 } from "../unit/bytes/payload.ts";
import { tests as suite27 } from "../unit/bytes/primitives.ts";
import { tests as suite28 } from "../unit/bytes/renewal.ts";
import { tests as suite29 } from "../unit/bytes/structured-bombs.ts";
import { tests as suite30 } from "../unit/bytes/structured.ts";
import { tests as suite31 } from "../unit/bytes/tier-faults.ts";
import { tests as suite32 } from "../unit/bytes/tier.ts";
import { tests as suite33 } from "../unit/bytes/vectors.ts";
import { tests as suite34 } from "../unit/cache-api.ts";
import { tests as suite35 } from "../unit/cache/changed-arguments.ts";
import { tests as suite36 } from "../unit/cache/coherence.ts";
import { tests as suite37 } from "../unit/cache/construction.ts";
import { tests as suite38 } from "../unit/cache/limits.ts";
import { tests as suite39 } from "../unit/cache/long-clear.ts";
import { tests as suite40 } from "../unit/cache/many-pages.ts";
import { tests as suite41 } from "../unit/cache/model.ts";
import { tests as suite42 } from "../unit/cache/on-every-stack.ts";
import { tests as suite43 } from "../unit/cache/orders.ts";
import { tests as suite44 } from "../unit/cache/parts-of-stores.ts";
import { tests as suite45 } from "../unit/cache/plain-sets.ts";
import { tests as suite46 } from "../unit/cache/restarts.ts";
import { tests as suite47 } from "../unit/cache/stored-together.ts";
import { tests as suite48 } from "../unit/cache/storm.ts";
import { tests as suite49 } from "../unit/cache/sync.ts";
import { tests as suite50 } from "../unit/cache/tiers-of-others.ts";
import { tests as suite51 } from "../unit/cache/undefined-options.ts";
import { tests as suite52 } from "../unit/cache/wander.ts";
import { tests as suite53 } from "../unit/cache/write-behind.ts";
import { tests as suite54 } from "../unit/cache/wrong-calls.ts";
import { tests as suite55 } from "../unit/clock.ts";
import { tests as suite56 } from "../unit/consistency-checker.ts";
import { tests as suite57 } from "../unit/contract-bytes.ts";
import { tests as suite58 } from "../unit/contract-memory.ts";
import { tests as suite59 } from "../unit/duration.ts";
import { tests as suite60 } from "../unit/events.ts";
import { tests as suite61 } from "../unit/fence.ts";
import { tests as suite62 } from "../unit/functions/argument-key.ts";
import { tests as suite63 } from "../unit/functions/calls.ts";
import { tests as suite64 } from "../unit/functions/conditions.ts";
import { tests as suite65 } from "../unit/functions/faults-of-others.ts";
import { tests as suite66 } from "../unit/functions/instances.ts";
import { tests as suite67 } from "../unit/functions/isolation.ts";
import { tests as suite68 } from "../unit/functions/memoize.ts";
import { tests as suite69 } from "../unit/functions/places.ts";
import { tests as suite70 } from "../unit/functions/refreshes.ts";
import { tests as suite71 } from "../unit/functions/schemas.ts";
import { tests as suite72 } from "../unit/functions/tenants.ts";
import { tests as suite73 } from "../unit/functions/wrapped-verbs.ts";
import { tests as suite74 } from "../unit/hono/admin-api.ts";
import { tests as suite75 } from "../unit/hono/admin-attacks.ts";
import { tests as suite76 } from "../unit/hono/admin-guard.ts";
import { tests as suite77 } from "../unit/hono/admin-pages.ts";
import { tests as suite78 } from "../unit/http/cache-storage.ts";
import { tests as suite79 } from "../unit/http/collapsing.ts";
import { tests as suite80 } from "../unit/http/engine.ts";
import { tests as suite81 } from "../unit/http/fetch.ts";
import { tests as suite82 } from "../unit/http/fields.ts";
import { tests as suite83 } from "../unit/http/for-whom.ts";
import { tests as suite84 } from "../unit/http/nested.ts";
import { tests as suite85 } from "../unit/http/poisoning.ts";
import { tests as suite86 } from "../unit/http/unshared.ts";
import { tests as suite87 } from "../unit/indexeddb/bounds.ts";
import { tests as suite88 } from "../unit/indexeddb/cache.ts";
import { tests as suite89 } from "../unit/indexeddb/contract.ts";
import { tests as suite90 } from "../unit/indexeddb/model.ts";
import { tests as suite91 } from "../unit/indexeddb/options.ts";
import { tests as suite92 } from "../unit/indexeddb/trouble.ts";
import { tests as suite93 } from "../unit/joined.ts";
import { tests as suite94 } from "../unit/key.ts";
import { tests as suite95 } from "../unit/kv.ts";
import { tests as suite96 } from "../unit/memory-policy/doze.ts";
import { tests as suite97 } from "../unit/memory-policy/hash.ts";
import { tests as suite98 } from "../unit/memory-policy/history.ts";
import { tests as suite99 } from "../unit/memory-policy/rings.ts";
import { tests as suite100 } from "../unit/memory-policy/window.ts";
import { tests as suite101 } from "../unit/memory/accounts.ts";
import { tests as suite102 } from "../unit/memory/copies.ts";
import { tests as suite103 } from "../unit/memory/listeners.ts";
import { tests as suite104 } from "../unit/memory/policies.ts";
import { tests as suite105 } from "../unit/memory/rules.ts";
import { tests as suite106 } from "../unit/memory/slot-index.ts";
import { tests as suite107 } from "../unit/memory/tier.ts";
import { tests as suite108 } from "../unit/memory/time.ts";
import { tests as suite109 } from "../unit/memory/tiny-lfu.ts";
import { tests as suite110 } from "../unit/memory/uses.ts";
import { tests as suite111 } from "../unit/mongodb/bytes.ts";
import { tests as suite112 } from "../unit/mongodb/options.ts";
import { tests as suite113 } from "../unit/observe/health.ts";
import { tests as suite114 } from "../unit/observe/logs.ts";
import { tests as suite115 } from "../unit/observe/memory-pressure.ts";
import { tests as suite116 } from "../unit/observe/numbers.ts";
import { tests as suite117 } from "../unit/observe/prometheus.ts";
import { tests as suite118 } from "../unit/observe/stats.ts";
import { tests as suite119 } from "../unit/observe/wrong-options.ts";
import { tests as suite120 } from "../unit/pattern.ts";
import { tests as suite121 } from "../unit/plain/cache.ts";
import { tests as suite122 } from "../unit/plain/connection.ts";
import { tests as suite123 } from "../unit/plain/contract.ts";
import { tests as suite124 } from "../unit/plain/memcached.ts";
import { tests as suite125 } from "../unit/plain/names.ts";
import { tests as suite126 } from "../unit/plain/record.ts";
import { tests as suite127 } from "../unit/plain/store.ts";
import { tests as suite128 } from "../unit/plain/turns.ts";
import { tests as suite129 } from "../unit/redis/links.ts";
import { tests as suite130 } from "../unit/redis/record.ts";
import { tests as suite131 } from "../unit/redis/replies.ts";
import { tests as suite132 } from "../unit/redis/target.ts";
import { tests as suite133 } from "../unit/registry.ts";
import { tests as suite134 } from "../unit/runtimes/open.ts";
import { tests as suite135 } from "../unit/runtimes/url.ts";
import { tests as suite136 } from "../unit/scopes/define.ts";
import { tests as suite137 } from "../unit/scopes/prefixes.ts";
import { tests as suite138 } from "../unit/scopes/tenants.ts";
import { tests as suite139 } from "../unit/secrets.ts";
import { tests as suite140 } from "../unit/settings/at-work.ts";
import { tests as suite141 } from "../unit/settings/on-every-stack.ts";
import { tests as suite142 } from "../unit/settings/profiles.ts";
import { tests as suite143 } from "../unit/settings/under-way.ts";
import { tests as suite144 } from "../unit/sha256.ts";
import { tests as suite145 } from "../unit/sql/entry-row.ts";
import { tests as suite146 } from "../unit/sql/journal.ts";
import { tests as suite147 } from "../unit/sql/prefix.ts";
import { tests as suite148 } from "../unit/sql/remote-faults.ts";
import { tests as suite149 } from "../unit/sql/remote-options.ts";
import { tests as suite150 } from "../unit/sql/remote-queue.ts";
import { tests as suite151 } from "../unit/sql/result-codes.ts";
import { tests as suite152 } from "../unit/sql/sqlite-options.ts";
import { tests as suite153 } from "../unit/streams/basics.ts";
import { tests as suite154 } from "../unit/streams/filling.ts";
import { tests as suite155 } from "../unit/streams/node-streams.ts";
import { tests as suite156 } from "../unit/streams/sealed.ts";
import { tests as suite157 } from "../unit/streams/upkeep.ts";
import { tests as suite158 } from "../unit/streams/vectors.ts";
import { tests as suite159 } from "../unit/tags.ts";
import { tests as suite160 } from "../unit/testing/contract-map.ts";
import { tests as suite161 } from "../unit/testing/fake-clock.ts";
import { tests as suite162 } from "../unit/testing/faulty-tier.ts";
import { tests as suite163 } from "../unit/testing/mutant.ts";
import { tests as suite164 } from "../unit/testing/mutants-faces.ts";
import { tests as suite165 } from "../unit/testing/mutants-journal.ts";
import { tests as suite166 } from "../unit/testing/mutants-keys.ts";
import { tests as suite167 } from "../unit/testing/mutants-leases.ts";
import { tests as suite168 } from "../unit/testing/mutants-tags.ts";
import { tests as suite169 } from "../unit/testing/mutants-values.ts";
import { tests as suite170 } from "../unit/thrifty-clock.ts";
import { tests as suite171 } from "../unit/turn-clock.ts";
import { tests as suite172 } from "../unit/upstash/events.ts";
import { tests as suite173 } from "../unit/upstash/options.ts";
import { tests as suite174 } from "../unit/upstash/pages.ts";
import { tests as suite175 } from "../unit/upstash/reply.ts";
import { tests as suite176 } from "../unit/upstash/rest.ts";
import { tests as suite177 } from "../unit/warm.ts";

/** The tests of every portable suite. */
export const all: TestCase[] = [
  ...suite0,
  ...suite1,
  ...suite2,
  ...suite3,
  ...suite4,
  ...suite5,
  ...suite6,
  ...suite7,
  ...suite8,
  ...suite9,
  ...suite10,
  ...suite11,
  ...suite12,
  ...suite13,
  ...suite14,
  ...suite15,
  ...suite16,
  ...suite17,
  ...suite18,
  ...suite19,
  ...suite20,
  ...suite21,
  ...suite22,
  ...suite23,
  ...suite24,
  ...suite25,
  ...suite26,
  ...suite27,
  ...suite28,
  ...suite29,
  ...suite30,
  ...suite31,
  ...suite32,
  ...suite33,
  ...suite34,
  ...suite35,
  ...suite36,
  ...suite37,
  ...suite38,
  ...suite39,
  ...suite40,
  ...suite41,
  ...suite42,
  ...suite43,
  ...suite44,
  ...suite45,
  ...suite46,
  ...suite47,
  ...suite48,
  ...suite49,
  ...suite50,
  ...suite51,
  ...suite52,
  ...suite53,
  ...suite54,
  ...suite55,
  ...suite56,
  ...suite57,
  ...suite58,
  ...suite59,
  ...suite60,
  ...suite61,
  ...suite62,
  ...suite63,
  ...suite64,
  ...suite65,
  ...suite66,
  ...suite67,
  ...suite68,
  ...suite69,
  ...suite70,
  ...suite71,
  ...suite72,
  ...suite73,
  ...suite74,
  ...suite75,
  ...suite76,
  ...suite77,
  ...suite78,
  ...suite79,
  ...suite80,
  ...suite81,
  ...suite82,
  ...suite83,
  ...suite84,
  ...suite85,
  ...suite86,
  ...suite87,
  ...suite88,
  ...suite89,
  ...suite90,
  ...suite91,
  ...suite92,
  ...suite93,
  ...suite94,
  ...suite95,
  ...suite96,
  ...suite97,
  ...suite98,
  ...suite99,
  ...suite100,
  ...suite101,
  ...suite102,
  ...suite103,
  ...suite104,
  ...suite105,
  ...suite106,
  ...suite107,
  ...suite108,
  ...suite109,
  ...suite110,
  ...suite111,
  ...suite112,
  ...suite113,
  ...suite114,
  ...suite115,
  ...suite116,
  ...suite117,
  ...suite118,
  ...suite119,
  ...suite120,
  ...suite121,
  ...suite122,
  ...suite123,
  ...suite124,
  ...suite125,
  ...suite126,
  ...suite127,
  ...suite128,
  ...suite129,
  ...suite130,
  ...suite131,
  ...suite132,
  ...suite133,
  ...suite134,
  ...suite135,
  ...suite136,
  ...suite137,
  ...suite138,
  ...suite139,
  ...suite140,
  ...suite141,
  ...suite142,
  ...suite143,
  ...suite144,
  ...suite145,
  ...suite146,
  ...suite147,
  ...suite148,
  ...suite149,
  ...suite150,
  ...suite151,
  ...suite152,
  ...suite153,
  ...suite154,
  ...suite155,
  ...suite156,
  ...suite157,
  ...suite158,
  ...suite159,
  ...suite160,
  ...suite161,
  ...suite162,
  ...suite163,
  ...suite164,
  ...suite165,
  ...suite166,
  ...suite167,
  ...suite168,
  ...suite169,
  ...suite170,
  ...suite171,
  ...suite172,
  ...suite173,
  ...suite174,
  ...suite175,
  ...suite176,
  ...suite177,
];

/** Those that calculate alone. */
export const calculations: ReadonlySet<TestCase> = new Set([
  ...suite5,
  ...suite18,
  ...suite29,
  ...suite30,
  ...suite40,
  ...suite41,
  ...suite48,
  ...suite52,
  ...suite56,
  ...suite62,
  ...suite96,
  ...suite97,
  ...suite99,
  ...suite100,
  ...suite101,
  ...suite104,
  ...suite106,
  ...suite109,
  ...suite116,
  ...suite118,
  ...suite120,
  ...suite125,
  ...suite138,
]);
