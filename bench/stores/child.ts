/**
 * A contender's process. It is told where its store is, fills it, and then plays whatever operation it is asked for.
 */
import { median } from "../measure.ts";
import { ENTRANTS } from "./all.ts";
import { keys, MANY, type OperationName, type Session, TAGGED, values } from "./contender.ts";

/**
 * What the parent asks for: calls of one operation for at least so many milliseconds, one by default; or a single call in two
 * steps, so that its round trips can be told from those of what it needs.
 */
export interface Order {
  readonly operation: OperationName;
  readonly atLeast?: number;
  readonly step?: "prepare" | "call";
}

/** What it answers. Microseconds are the median of the calls. */
export type Report =
  | { readonly kind: "ready"; readonly operations: readonly OperationName[] }
  | { readonly kind: "sample"; readonly microseconds: number }
  | { readonly kind: "failed"; readonly reason: string };

let turn = 0;
let prepared: () => Promise<void> = async () => {};

/** Makes the next call of an operation; what must be there before it is not part of it. */
async function prepare(session: Session, operation: OperationName): Promise<() => Promise<void>> {
  const at = (turn++ * 7) % keys.length;
  const key = keys[at]!;
  if (operation === "get") return async () => expect(await session.get(key), key);
  if (operation === "set") return async () => void (await session.set(key, values[(at + 1) % values.length]!));
  if (operation === "getMany") {
    const wanted = Array.from({ length: MANY }, (_, i) => keys[(at + i) % keys.length]!);
    return async () => {
      const found = (await session.getMany(wanted)).filter((value) => value != null);
      if (found.length !== MANY) throw new Error(`${MANY - found.length} of ${MANY} keys are misses`);
    };
  }
  const tag = `tag:${turn % 8}`;
  const tagged = Array.from({ length: session.setTagged ? TAGGED : 0 }, (_, i) => `tagged:${turn % 8}:${i}`);
  for (const [i, each] of tagged.entries()) await session.setTagged!(each, values[i]!, tag);
  return async () => void (await session.invalidate!(tag));
}

function expect(value: unknown, key: string): void {
  if (value == null) throw new Error(`${key} is a miss`);
}

async function play(session: Session, { operation, atLeast = 0, step }: Order): Promise<number> {
  if (step === "prepare") prepared = await prepare(session, operation);
  if (step === "call") await prepared();
  if (step !== undefined) return 0;
  const times: number[] = [];
  for (const end = performance.now() + atLeast; times.length === 0 || performance.now() < end; ) {
    const call = await prepare(session, operation);
    const start = performance.now();
    await call();
    times.push((performance.now() - start) * 1_000);
  }
  return median(times);
}

/** An invalidation that leaves its entries readable would make a fast contender, and a useless one. */
async function proveInvalidation(session: Session): Promise<void> {
  if (!session.setTagged || !session.invalidate) return;
  await session.setTagged("proof", values[0]!, "proof");
  expect(await session.get("proof"), "proof");
  // Contenders that compare times in milliseconds must not see both in the same one.
  await new Promise((resolve) => setTimeout(resolve, 5));
  await session.invalidate("proof");
  const [left] = await session.getMany(["proof"]).catch(() => []);
  if (left != null) throw new Error("an entry outlived the invalidation of its tag");
}

const say = (report: Report): void => void process.send?.(report);
const fail = (error: unknown): void => say({ kind: "failed", reason: String(error) });

process.on("disconnect", () => process.exit());
process.on("uncaughtException", fail);
try {
  const [name, url] = process.argv.slice(2);
  const session = await ENTRANTS[name!]!.connect(url!);
  for (const [i, key] of keys.entries()) await session.set(key, values[i]!);
  await proveInvalidation(session);
  process.on("message", (order: Order) => {
    play(session, order).then((microseconds) => say({ kind: "sample", microseconds }), fail);
  });
  say({
    kind: "ready",
    operations: ["get", "getMany", "set", ...(session.invalidate ? (["invalidate"] as const) : [])],
  });
} catch (error) {
  fail(error);
}
