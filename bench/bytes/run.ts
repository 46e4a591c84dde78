/**
 * `npm run bench -- --bytes`: what it costs to set and get values of 300 B, 10 KB and 1 MB that are encoded, compressed and encrypted.
 *
 * `--quick` takes fewer and shorter samples; `--only` names contenders, separated by semicolons. The contenders take turns, sample by sample, in one
 * process, each over a Map of its own; what is told is the median of the rounds. Calls are awaited one after the other.
 */
import { recordOf } from "../contender.ts";
import { median } from "../measure.ts";
import { installPeers } from "../peer.ts";
import { machine } from "../report.ts";
import { asText, digits } from "../table.ts";
import { CONTENDERS, type Session } from "./contenders.ts";

/** What the command line says. */
export interface Arguments {
  readonly quick: boolean;
  readonly only?: string;
}

interface Size {
  readonly label: string;
  readonly keys: number;
  make(index: number): unknown;
}

const SIZES: readonly Size[] = [
  { label: "300 B", keys: 100, make: recordOf },
  { label: "10 KB", keys: 100, make: (index) => records(index, 33) },
  { label: "1 MB", keys: 3, make: (index) => records(index, 3_400) },
];

/** Records in a list. */
function records(first: number, count: number): object {
  return { first, list: Array.from({ length: count }, (_, at) => recordOf(first + at)) };
}

/** Runs the benchmark. */
export async function compareBytes({ quick, only }: Arguments): Promise<void> {
  installPeers();
  const [rounds, atLeast] = quick ? [3, 30] : [11, 100];
  const sessions = await connect(only?.split(";"));
  const rows: string[][] = [["µs per call", ...SIZES.flatMap(({ label }) => [`set ${label}`, `get ${label}`])]];
  const times = new Map(sessions.map(([name]) => [name, new Map<string, number[]>()]));
  for (const size of SIZES) {
    const values = Array.from({ length: size.keys }, (_, at) => size.make(at));
    for (const [, session] of sessions) await fill(session, values);
    for (let round = -1; round < rounds; round++) {
      for (const verb of ["set", "get"] as const) {
        for (const [name, session] of round % 2 === 0 ? sessions : sessions.toReversed()) {
          const taken = await sample((at) => call(session, verb, at % size.keys, values), atLeast);
          const cell = `${verb} ${size.label}`;
          const all = times.get(name)!;
          if (round >= 0) all.set(cell, [...(all.get(cell) ?? []), taken]);
        }
      }
    }
  }
  for (const [name, all] of times) {
    const cells = rows[0]!.slice(1).map((cell) => median(all.get(cell)!));
    rows.push([name, ...cells.map((time) => digits(time, time < 100 ? 1 : 0))]);
  }
  console.log(`${asText(rows)}\n${machine()}`);
}

async function connect(wanted: readonly string[] | undefined): Promise<[name: string, session: Session][]> {
  const sessions: [string, Session][] = [];
  for (const [name, make] of Object.entries(CONTENDERS)) {
    if (wanted !== undefined && !wanted.includes(name)) continue;
    try {
      sessions.push([name, await make()]);
    } catch (error) {
      console.log(`bench: without ${name}: ${(error as Error).message.split("\n")[0]}`);
    }
  }
  return sessions;
}

/** Sets every key, and sees that what comes back is what was set. */
async function fill(session: Session, values: readonly unknown[]): Promise<void> {
  for (const [at, value] of values.entries()) {
    await session.set(`key${at}`, value);
    if (JSON.stringify(await session.get(`key${at}`)) !== JSON.stringify(value))
      throw new Error("another value came back");
  }
}

function call(session: Session, verb: "set" | "get", at: number, values: readonly unknown[]): Promise<unknown> {
  return verb === "set" ? session.set(`key${at}`, values[at]) : session.get(`key${at}`);
}

/** Microseconds of one call. */
async function sample(run: (at: number) => Promise<unknown>, atLeast: number): Promise<number> {
  const start = performance.now();
  let done = 0;
  let elapsed = 0;
  do {
    await run(done++);
    elapsed = performance.now() - start;
  } while (elapsed < atLeast);
  return (elapsed * 1_000) / done;
}
