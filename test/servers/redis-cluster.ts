/** A real Redis cluster of three masters. */
import { setTimeout as sleep } from "node:timers/promises";
import { freePort } from "./ports.ts";
import { type RedisServer, startRedis } from "./redis.ts";
import { connectRedis } from "./resp.ts";

export interface ClusterNode {
  readonly host: string;
  readonly port: number;
  /** First and last hash slot. */
  readonly slots: readonly [number, number];
  /** The node's server, for faults. */
  readonly server: RedisServer;
}

export interface RedisCluster {
  readonly nodes: readonly ClusterNode[];
  stop(): Promise<void>;
}

const SLOTS = [
  [0, 5460],
  [5461, 10922],
  [10923, 16383],
] as const;

/**
 * Starts three masters without replicas and waits until each of them takes commands for all slots.
 *
 * @throws {Error} when that takes more than a minute
 */
export async function startRedisCluster(options: { args?: readonly string[] } = {}): Promise<RedisCluster> {
  const started = await Promise.allSettled(SLOTS.map(() => startNode(options.args ?? [])));
  const servers = started.flatMap((result) => (result.status === "fulfilled" ? [result.value.server] : []));
  const stop = async () => void (await Promise.all(servers.map((server) => server.stop())));
  try {
    const nodes = started.map((result) => {
      if (result.status === "rejected") throw result.reason;
      return result.value;
    });
    const wires = await Promise.all(nodes.map(({ server }) => connectRedis(server)));
    try {
      await Promise.all(
        wires.map(async (wire, index) => {
          const [first, last] = SLOTS[index]!;
          await wire.send("CLUSTER", "SET-CONFIG-EPOCH", index + 1);
          await wire.send("CLUSTER", "ADDSLOTSRANGE", first, last);
        }),
      );
      for (const wire of wires) {
        for (const { server, bus } of nodes) await wire.send("CLUSTER", "MEET", "127.0.0.1", server.port, bus);
      }
      const limit = Date.now() + 60_000;
      for (const wire of wires) {
        for (;;) {
          const info = await wire.text("CLUSTER", "INFO");
          if (info.includes("cluster_state:ok") && info.includes("cluster_known_nodes:3")) break;
          if (Date.now() > limit) throw new Error(`The cluster was not ready within a minute: ${info}`);
          await sleep(20);
        }
      }
    } finally {
      for (const wire of wires) wire.close();
    }
    return {
      nodes: nodes.map(({ server }, index) => ({ host: "127.0.0.1", port: server.port, slots: SLOTS[index]!, server })),
      stop,
    };
  } catch (error) {
    await stop();
    throw error;
  }
}

async function startNode(args: readonly string[], attempts = 3): Promise<{ server: RedisServer; bus: number }> {
  const bus = await freePort();
  const cluster = ["--cluster-enabled", "yes", "--cluster-port", String(bus), "--cluster-config-file", "nodes.conf"];
  try {
    return { server: await startRedis({ args: [...cluster, ...args] }), bus };
  } catch (error) {
    // Somebody else may have taken the other port since it was found free.
    if (attempts === 1 || !/in use/i.test(String(error))) throw error;
    return startNode(args, attempts - 1);
  }
}
