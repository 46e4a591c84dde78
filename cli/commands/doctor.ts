/** `tiercel doctor`: looks for what is wrong with a store, and says what to do. */
import process from "node:process";
import { printable } from "../../src/observe/printable.ts";
import { command } from "../command.ts";
import { EXIT, Failure, failureOf } from "../failure.ts";
import { version } from "../help.ts";
import { failureIn, reasonOf } from "../reason.ts";
import type { Session } from "../session.ts";
import { chooseStore } from "../store-choice.ts";
import { count, duration, size } from "../units.ts";

/** Milliseconds of one answer, beyond which a store is called slow. */
const SLOW = 250;

interface Finding {
  readonly check: string;
  readonly ok: boolean;
  readonly found: string;
  /** What to do where it is not ok. */
  readonly advice?: string;
}

export default command({
  meta: { name: "doctor", description: "Check runtime, config, store, schema, clock and limits, and say what to do" },
  details: "Reads and measures; what it writes to try the store, it deletes. Exit code 3 when something is wrong.",
  examples: ["tiercel doctor", "tiercel doctor --json"],
  tells: true,
  async does(session) {
    const { output } = session;
    const findings: Finding[] = [];
    for (const check of [runtime, config, store, clock, writing, contents]) {
      try {
        findings.push(...(await check(session)));
      } catch (error) {
        session.signal.throwIfAborted();
        const { message, fix, exit } = failureOf(error);
        findings.push({
          check: check.name,
          ok: false,
          found: message,
          advice: fix ?? (exit === EXIT.usage ? "mend the option or the config" : "look at the store's own log"),
        });
        // Without a store there is nothing more to look at.
        if (check === store || check === config) break;
      }
      if (check === store && findings.some(({ ok, check: name }) => !ok && name === "store")) break;
    }
    const isWell = findings.every(({ ok }) => ok);
    if (output.json)
      await output.document({
        ok: isWell,
        findings: findings.map(({ advice, ...one }) => (one.ok ? one : { ...one, advice })),
      });
    else
      for (const { check, ok, found, advice } of findings) {
        await output.line(`${ok ? output.green("✓") : output.red("✗")} ${check.padEnd(8)} ${printable(found)}`);
        if (!ok && advice !== undefined) await output.line(`${" ".repeat(11)}→ ${advice}`);
      }
    return isWell ? EXIT.ok : EXIT.store;
  },
});

async function runtime(): Promise<Finding[]> {
  const { bun, deno, node = "" } = process.versions as Record<string, string | undefined>;
  const name = bun ? `Bun ${bun}` : deno ? `Deno ${deno}` : `Node ${node}`;
  const [major = 0, minor = 0] = node.split(".").map(Number);
  const ok = Boolean(bun ?? deno) || major > 20 || (major === 20 && minor >= 16);
  return [
    {
      check: "runtime",
      ok,
      found: `${name}, tiercel ${version()}`,
      advice: "Tiercel needs Node 20.16 or later, Bun or Deno",
    },
  ];
}

async function config(session: Session): Promise<Finding[]> {
  const { config: own, file } = await session.config();
  const { by } = chooseStore(session.option("url"), own);
  return [{ check: "config", ok: true, found: `${file ?? "no config file"}; the store is named by ${by}` }];
}

async function store(session: Session): Promise<Finding[]> {
  const { cache, where } = await session.whole();
  // The first answer has the connection in it.
  await cache.health({ signal: session.signal });
  const { tiers } = await cache.health({ signal: session.signal });
  return tiers.map(({ name, ok, latency, error }) => {
    const place = name === "memory" ? name : `${name} at ${where}`;
    const slow = name !== "memory" && latency > SLOW ? ", which is slow: is there one that is nearer?" : "";
    return {
      check: "store",
      ok,
      found: ok
        ? `${place} answers in ${duration(latency)}${slow}`
        : `${name} does not answer: ${reasonOf(session, name, error)}`,
      advice: failureIn(session, name)?.fix ?? "is the server up, and are URL and token right?",
    };
  });
}

async function clock(session: Session): Promise<Finding[]> {
  const cache = await session.open();
  let [future, looked] = [0, 0];
  for await (const { createdAt } of cache.metas({ limit: 1_000, signal: session.signal })) {
    looked++;
    if (createdAt > Date.now() + 60_000) future++;
  }
  return [
    {
      check: "clock",
      ok: future === 0,
      found:
        future === 0
          ? `none of ${count(looked)} entries is from the future`
          : `${count(future)} of ${count(looked)} entries are from the future`,
      advice: "set the clocks of all machines by NTP: entries from the future are misses",
    },
  ];
}

async function writing(session: Session): Promise<Finding[]> {
  const { cache } = await session.whole();
  const {
    readOnly,
    maxKeyBytes = Infinity,
    maxValueBytes = Infinity,
    minTtl = 0,
    tags,
    journal,
    leases,
    durable,
  } = (await session.store()).capabilities;
  const able = Object.entries({ tags, journal, leases, durable }).flatMap(([name, has]) => (has ? [name] : []));
  const limits = [
    Number.isFinite(maxKeyBytes) ? `keys of ${size(maxKeyBytes)}` : "",
    Number.isFinite(maxValueBytes) ? `values of ${size(maxValueBytes)}` : "",
    minTtl > 0 ? `a ttl of at least ${duration(minTtl)}` : "",
  ].filter((text) => text !== "");
  const limit: Finding = {
    check: "limits",
    ok: true,
    found: `${limits.join(", ") || "none"}; has ${able.join(", ") || "neither tags nor leases"}`,
  };
  if (readOnly) return [{ check: "writing", ok: true, found: "open for reading only" }, limit];
  const place = cache.namespace(`tiercel-doctor-${crypto.randomUUID()}`);
  const value = { text: "ä", bytes: new Uint8Array([0, 255]), at: new Date(0) };
  try {
    await place.set("trial", value, { ttl: "1m", tags: ["trial"] });
    await place.evictAll({ tier: cache.stats().tiers[0]!.name });
    const back = await place.get<typeof value>("trial");
    const same = back?.text === "ä" && back.bytes[1] === 255 && back.at.getTime() === 0;
    if (!same && cache.stats().tiers.length > 1)
      throw new Failure("what was written does not come back as it was", EXIT.store);
    await place.invalidateTags("trial");
    if (await place.has("trial")) throw new Failure("what was invalidated by tag is still there", EXIT.store);
    return [
      {
        check: "writing",
        ok: true,
        found: "what is written comes back as it was, and goes when its tag is invalidated",
      },
      limit,
    ];
  } finally {
    await place.clear();
  }
}

async function contents(session: Session): Promise<Finding[]> {
  const cache = await session.open();
  const entries = await cache.size({ signal: session.signal });
  const unreadable = session.corrupt.length;
  return [
    {
      check: "contents",
      ok: unreadable === 0,
      found: `${count(entries)} entries${unreadable > 0 ? `, ${count(unreadable)} of which could not be read` : ""}`,
      advice: "is the key ring right (TIERCEL_KEYS), and has the program codecs of its own?",
    },
  ];
}
