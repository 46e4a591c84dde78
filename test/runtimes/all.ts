// Written by scripts/suites.mjs: every file under test/unit that exports tests.
import type { TestCase } from "../contract/suite.ts";
import { tests as suite0 } from "../unit/breaker.ts";
import { tests as suite1 } from "../unit/bus/broadcast.ts";
import { tests as suite2 } from "../unit/bus/hearing.ts";
import { tests as suite3 } from "../unit/bus/interleavings.ts";
import { tests as suite4 } from "../unit/bus/on-every-stack.ts";
import { tests as suite5 } from "../unit/bus/polling.ts";
import { tests as suite6 } from "../unit/bus/telling.ts";
import { tests as suite7 } from "../unit/bus/trouble.ts";
import { tests as suite8 } from "../unit/bytes/cbor.ts";
import { tests as suite9 } from "../unit/bytes/checksum.ts";
import { tests as suite10 } from "../unit/bytes/codecs.ts";
import { tests as suite11 } from "../unit/bytes/damage.ts";
import { tests as suite12 } from "../unit/bytes/envelope.ts";
import { tests as suite13 } from "../unit/bytes/json.ts";
import { tests as suite14 } from "../unit/bytes/payload.ts";
import { tests as suite15 } from "../unit/bytes/structured.ts";
import { tests as suite16 } from "../unit/bytes/tier-faults.ts";
import { tests as suite17 } from "../unit/bytes/tier.ts";
import { tests as suite18 } from "../unit/cache/coherence.ts";
import { tests as suite19 } from "../unit/cache/construction.ts";
import { tests as suite20 } from "../unit/cache/limits.ts";
import { tests as suite21 } from "../unit/cache/model.ts";
import { tests as suite22 } from "../unit/cache/on-every-stack.ts";
import { tests as suite23 } from "../unit/cache/orders.ts";
import { tests as suite24 } from "../unit/cache/restarts.ts";
import { tests as suite25 } from "../unit/cache/storm.ts";
import { tests as suite26 } from "../unit/clock.ts";
import { tests as suite27 } from "../unit/consistency-checker.ts";
import { tests as suite28 } from "../unit/contract-bytes.ts";
import { tests as suite29 } from "../unit/contract-memory.ts";
import { tests as suite30 } from "../unit/duration.ts";
import { tests as suite31 } from "../unit/events.ts";
import { tests as suite32 } from "../unit/fence.ts";
import { tests as suite33 } from "../unit/key.ts";
import { tests as suite34 } from "../unit/memory-policy/hash.ts";
import { tests as suite35 } from "../unit/memory-policy/history.ts";
import { tests as suite36 } from "../unit/memory-policy/window.ts";
import { tests as suite37 } from "../unit/memory/accounts.ts";
import { tests as suite38 } from "../unit/memory/copies.ts";
import { tests as suite39 } from "../unit/memory/policies.ts";
import { tests as suite40 } from "../unit/memory/rules.ts";
import { tests as suite41 } from "../unit/memory/tier.ts";
import { tests as suite42 } from "../unit/memory/tiny-lfu.ts";
import { tests as suite43 } from "../unit/pattern.ts";
import { tests as suite44 } from "../unit/runtimes/open.ts";
import { tests as suite45 } from "../unit/runtimes/url.ts";
import { tests as suite46 } from "../unit/scopes/define.ts";
import { tests as suite47 } from "../unit/scopes/prefixes.ts";
import { tests as suite48 } from "../unit/scopes/tenants.ts";
import { tests as suite49 } from "../unit/sha256.ts";
import { tests as suite50 } from "../unit/sql/entry-row.ts";
import { tests as suite51 } from "../unit/sql/journal.ts";
import { tests as suite52 } from "../unit/sql/prefix.ts";
import { tests as suite53 } from "../unit/sql/result-codes.ts";
import { tests as suite54 } from "../unit/sql/sqlite-options.ts";
import { tests as suite55 } from "../unit/tags.ts";
import { tests as suite56 } from "../unit/testing/contract-map.ts";
import { tests as suite57 } from "../unit/testing/fake-clock.ts";
import { tests as suite58 } from "../unit/testing/faulty-tier.ts";
import { tests as suite59 } from "../unit/testing/mutant.ts";
import { tests as suite60 } from "../unit/testing/mutants-faces.ts";
import { tests as suite61 } from "../unit/testing/mutants-journal.ts";
import { tests as suite62 } from "../unit/testing/mutants-keys.ts";
import { tests as suite63 } from "../unit/testing/mutants-leases.ts";
import { tests as suite64 } from "../unit/testing/mutants-tags.ts";
import { tests as suite65 } from "../unit/testing/mutants-values.ts";
import { tests as suite66 } from "../unit/thrifty-clock.ts";
import { tests as suite67 } from "../unit/turn-clock.ts";

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
];
