/** `tiercel rotate-keys`: encrypts everything anew under the newest key. */
import type { Write } from "../../mod.ts";
import { command } from "../command.ts";
import { encrypts, hasKeys } from "../encryption.ts";
import { EXIT, usage } from "../failure.ts";
import { Progress } from "../progress.ts";
import { checkEmpty, page, parts, type RawStore, rawStore, total } from "../raw.ts";
import { chooseStore } from "../store-choice.ts";
import { counted } from "../units.ts";

/** For how long a key is held while its entry is written again, in milliseconds. */
const LEASE = 10_000;
const BATCH = 100;

export default command({
  meta: { name: "rotate-keys", description: "Encrypt every entry anew under the newest key" },
  details: [
    "Keys are those of TIERCEL_KEYS, the newest first, or of the config; never of an argument. The cache or the tiers of a config have their own. What",
    "another writes meanwhile stays: entries are written again under a lease, which every write and deletion revokes. Stopped at any time, it may be",
    "begun again.",
  ].join("\n"),
  examples: [`TIERCEL_KEYS="$NEW,$OLD" tiercel rotate-keys`],
  tells: true,
  async does(session) {
    const { output, signal } = session;
    const { config } = await session.config();
    const { url } = chooseStore(session.option("url"), config);
    if (url !== undefined && !hasKeys(config))
      throw usage(
        "Cannot rotate keys as there must be some: received none",
        "set TIERCEL_KEYS to the new key, a comma, and the old one",
      );
    const store = await rawStore(session);
    if (!store.tier.capabilities.leases)
      throw usage(
        `Cannot rotate keys as the store must give leases: ${store.tier.name} does not`,
        "there, export and import with the new key",
      );
    if (!(await encrypts(store.tier)))
      throw usage(
        `Cannot rotate keys as the store must encrypt: ${store.tier.name} does not`,
        "give the tier encryption() of tiercel/encryption",
      );
    const progress = new Progress(output, "Encrypting", await total(store));
    let [done, unread, busy] = [0, 0, 0];
    let cursor: string | undefined;
    try {
      do {
        signal.throwIfAborted();
        const { keys, cursor: next } = await page(store, cursor);
        for (const some of parts(keys, Math.min(BATCH, store.batch))) {
          const step = await renew(store, some);
          done += step.done;
          unread += step.unread;
          busy += step.busy;
          progress.update(done);
        }
        cursor = next;
      } while (cursor !== undefined);
    } finally {
      progress.end();
    }
    if (done + unread + busy === 0) await checkEmpty(session, "Encrypted");
    if (output.json) await output.document({ rotated: done, unreadable: unread, busy });
    output.note(`encrypted ${counted(done, "entry")} anew`);
    if (busy > 0) output.warn(`${counted(busy, "entry")} were being made anew by others: run it again`);
    session.check();
    if (unread > 0)
      output.warn(`${counted(unread, "entry")} could not be read: under no key of the ring, or gone meanwhile`);
    return unread > 0 ? EXIT.store : busy > 0 ? EXIT.miss : EXIT.ok;
  },
});

/** Writes some entries again as they are. */
async function renew(
  { tier }: RawStore,
  keys: readonly string[],
): Promise<{ done: number; unread: number; busy: number }> {
  const now = Date.now();
  const { entries, leases = [] } = await tier.getMany(keys, { now, peek: true, lease: LEASE, refresh: true });
  const writes: Write[] = [];
  const unused: { key: string; lease: number }[] = [];
  let [unread, busy] = [0, 0];
  keys.forEach((key, at) => {
    const [entry, lease] = [entries[at], leases[at]];
    if (entry === undefined) unread++;
    else if (lease === undefined) busy++;
    // What a tag has made stale comes as fresh until 0, and stays that.
    else writes.push({ key, entry, lease, codec: entry.codec });
    if (lease !== undefined && entry === undefined) unused.push({ key, lease });
  });
  if (unused.length > 0) await tier.release?.(unused);
  if (writes.length === 0) return { done: 0, unread, busy };
  const { refused = [] } = await tier.setMany((await tier.prepare?.(writes)) ?? writes, Date.now());
  return { done: writes.length - refused.length, unread, busy: busy + refused.length };
}
