/**
 * A process of the benchmark of tags: one fills files, the others play rounds, one for each contender.
 */
import { closeSync, copyFileSync, fsyncSync, openSync, rmSync } from "node:fs";
import { join } from "node:path";
import { ENTRANTS, storeOf } from "./all.ts";
import { type Measures, playRound } from "./round.ts";

/** What a process is told: to fill a file for a store, or to play a round as a contender. */
export type Order =
  | { readonly kind: "fill"; readonly store: string; readonly size: number }
  | { readonly kind: "round"; readonly entrant: string; readonly size: number };

/** What it answers. */
export type Report =
  | { readonly kind: "filled" }
  | { readonly kind: "round"; readonly measures: Measures }
  | { readonly kind: "failed"; readonly reason: string };

const [folder = ".", against] = process.argv.slice(2);
const say = (report: Report): void => void process.send?.(report);
const masterOf = (store: string, size: number): string => join(folder, `${store}-${size}.db`);

process.on("disconnect", () => process.exit());
process.on("message", (order: Order) => {
  obey(order).then(say, (error) =>
    say({ kind: "failed", reason: error instanceof Error ? error.message : `${error}` }),
  );
});

async function obey(order: Order): Promise<Report> {
  if (order.kind === "fill") {
    await storeOf(order.store, against).fill(masterOf(order.store, order.size), order.size);
    return { kind: "filled" };
  }
  const entrant = ENTRANTS[order.entrant]!;
  const file = join(folder, `${order.entrant}.db`);
  copyFileSync(masterOf(entrant.store, order.size), file);
  // Or the first checkpoint of the round would have to write the copy to the disk.
  const copy = openSync(file, "r+");
  fsyncSync(copy);
  closeSync(copy);
  try {
    const session = await storeOf(entrant.store, against).open(file, entrant.memory);
    const measures = await playRound(entrant, session, order.size);
    await session.close();
    return { kind: "round", measures };
  } finally {
    for (const end of ["", "-wal", "-shm"]) rmSync(file + end, { force: true });
  }
}
