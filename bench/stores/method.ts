/**
 * How the benchmark of stores was made, for docs/benchmarks.md.
 */

/** The head of the section. */
export const METHOD = `## Redis and libSQL

Written by \`npm run bench:stores -- --write\`, which is no part of \`npm run bench\`; \`--quick\` is rougher, \`--only redis\` leaves out
libSQL. Both servers run on this machine, so a round trip costs next to nothing, and what a cache adds weighs more than it would
over a network. The machine has other work too: look at ratios and medians alone.

- The server has a core of its own, and so has whoever is timed, since over a network every call wakes another processor. Where they are let
  onto the same core (without \`taskset\`), a call of a raw client takes less than half the time, and what a cache adds weighs more than twice as much.
- Every contender has a process of its own. They take turns, sample by sample, in an order that rotates; a sample is the median of
  its calls, which are awaited one after the other. Round trips are counted by a proxy in other processes, which are not timed.
- The store is the only tier: nothing is answered from memory. 1,000 keys, values of about 300 bytes as objects, a ttl of an hour.
- The floor is the client alone, with JSON: GET, MGET of 100, SET PX; on libSQL one statement each. It keeps no tags: its
  invalidation is one INCR, or one row that is counted up.
- Before every invalidation that counts, 10 entries are given its tag; that part is not timed or counted. That an entry
  with the tag is a miss afterwards is tested once per process.
- Tiercel has leases, tags and its journal on, as always. cacheable reads and writes nothing about tags unless they are turned
  on, hence its two rows; @keyv/redis brings its own version of node-redis. async-cache-dedupe has references on, a read
  is a call of the function that it remembers, and its invalidation deletes the entries. bentocache has a second layer and no first.`;
