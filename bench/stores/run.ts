/**
 * `npm run bench:stores`: what a call costs over Redis and over a libSQL server, in time and in round trips, with the raw
 * clients as the floor.
 *
 * `--write` puts the section into docs/benchmarks.md, `--check` makes a missed target an exit code of 1, `--quick` takes
 * shorter samples and fewer of them, `--only redis`, `sqld`, or names of contenders or of their raw clients, separated by commas,
 * leaves out the rest. A server that this machine does not have is told of and left out.
 */
import { setTimeout as sleep } from "node:timers/promises";
import { missing } from "../../test/servers/available.ts";
import { startProxy } from "../../test/servers/proxy.ts";
import { startRedis } from "../../test/servers/redis.ts";
import { startSqld } from "../../test/servers/sqld.ts";
import { installPeers } from "../peer.ts";
import { writeStores } from "../write.ts";
import { ENTRANTS } from "./all.ts";
import { FLOORS, OPERATIONS, type OperationName } from "./contender.ts";
import { CORES, keepOn } from "./cores.ts";
import { Runner } from "./process.ts";
import { type Effort, reportStores, type Samples, type Trips } from "./report.ts";

/** What the command line says. */
export interface Arguments {
  readonly write: boolean;
  readonly check: boolean;
  readonly quick: boolean;
  readonly only?: string;
}

const NAMES = Object.keys(OPERATIONS) as OperationName[];

/** Calls that are counted, each by itself, so that an odd one in between is seen as a fraction. */
const COUNTED = 10;

/** Milliseconds in which what a call leaves for later has reached the proxy. */
const AFTERMATH = 10;

/** Runs the benchmark. */
export async function compareStores(given: Arguments): Promise<void> {
  installPeers();
  const effort: Effort = given.quick ? { rounds: 9, warmUp: 2, atLeast: 25 } : { rounds: 21, warmUp: 4, atLeast: 80 };
  const wanted = given.only?.split(",");
  const chosen = Object.entries(ENTRANTS).flatMap(([name, { floor }]) =>
    wanted === undefined || [name, floor, FLOORS[floor]].some((each) => wanted.includes(each)) ? [name] : [],
  );
  const servers = await start(new Set(chosen.map(serverOf)));
  try {
    const able = chosen.filter((name) => servers.has(serverOf(name)));
    const trips = await count(able, servers);
    const samples = await time(able, servers, effort);
    const text = reportStores(samples, trips, effort);
    console.log(text.plain);
    if (given.write) writeStores(text.document);
    if (given.check && text.targets.some(({ isMet }) => !isMet)) process.exitCode = 1;
  } finally {
    for (const server of servers.values()) await server.stop();
  }
}

interface Place {
  readonly port: number;
  stop(): Promise<void>;
}

type ServerName = (typeof FLOORS)[keyof typeof FLOORS];

const serverOf = (name: string): ServerName => FLOORS[ENTRANTS[name]!.floor];

async function start(names: ReadonlySet<ServerName>): Promise<Map<ServerName, Place>> {
  const started = new Map<ServerName, Place>();
  for (const name of names) {
    const reason = missing(name);
    if (reason !== undefined) {
      console.log(`bench: without ${name}: ${reason}`);
      continue;
    }
    const server = await (name === "redis" ? startRedis() : startSqld());
    started.set(name, server);
    if (!keepOn(CORES.server, server.pid)) console.log("bench: without taskset: server and contenders share cores");
  }
  return started;
}

function urlOf(name: string, port: number): string {
  const { floor } = ENTRANTS[name]!;
  const scheme = { ioredis: "redis", "node-redis": "redis", "libsql-http": "http", "libsql-ws": "ws" }[floor];
  return `${scheme}://127.0.0.1:${port}`;
}

/** Round trips per call, seen by a proxy, in processes that are not timed. */
async function count(names: readonly string[], servers: ReadonlyMap<ServerName, Place>): Promise<Trips> {
  const trips: Trips = {};
  for (const name of names) {
    const proxy = await startProxy(servers.get(serverOf(name))!.port);
    const runner = await Runner.start(name, urlOf(name, proxy.port));
    for (const operation of runner?.can ?? []) {
      // What is sent before the first call of a kind, as a script that the server does not know yet, is not counted.
      await runner!.play({ operation });
      let total = 0;
      for (let call = 0; call < COUNTED; call++) {
        await runner!.play({ operation, step: "prepare" });
        await sleep(AFTERMATH);
        proxy.reset();
        await runner!.play({ operation, step: "call" });
        await sleep(AFTERMATH);
        total += proxy.stats.bursts;
      }
      trips[operation] = { ...trips[operation], [name]: total / COUNTED };
    }
    runner?.end();
    await proxy.stop();
  }
  return trips;
}

/** All of one server take turns, sample by sample, and every round begins with another one. */
async function time(
  names: readonly string[],
  servers: ReadonlyMap<ServerName, Place>,
  { rounds, warmUp, atLeast }: Effort,
): Promise<Samples> {
  const samples: Samples = {};
  for (const [server, { port }] of servers) {
    const runners: Runner[] = [];
    try {
      for (const name of names.filter((name) => serverOf(name) === server)) {
        const runner = await Runner.start(name, urlOf(name, port));
        if (runner !== undefined) runners.push(runner);
      }
      for (let round = -warmUp; round < rounds; round++) {
        for (const operation of NAMES) {
          const able = runners.filter(({ can }) => can.includes(operation));
          const taken: Record<string, number[]> = samples[operation] ?? {};
          samples[operation] = taken;
          const first = (round + warmUp) % Math.max(1, able.length);
          for (const runner of [...able.slice(first), ...able.slice(0, first)]) {
            const microseconds = await runner.play({ operation, atLeast });
            if (round >= 0) taken[runner.name] = [...(taken[runner.name] ?? []), microseconds];
          }
        }
        if (process.stdout.isTTY) {
          process.stdout.write(`\rbench: ${server}, round ${round + warmUp + 1} of ${rounds + warmUp} `);
        }
      }
    } finally {
      if (process.stdout.isTTY) process.stdout.write("\r\x1b[K");
      for (const runner of runners) runner.end();
    }
  }
  return samples;
}
