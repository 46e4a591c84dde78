/**
 * Several connections to one server.
 *
 * @module
 */
import { hashString } from "../../src/bytes/checksum.ts";
import type { Connection } from "./connection.ts";

/** Takes one of the connections by the key, so that calls for one key keep their order. */
export function pooled(connections: readonly Connection[]): Connection {
  const [first] = connections as readonly [Connection];
  if (connections.length === 1) return first;
  return {
    isText: first.isText,
    isCluster: false,
    // That of a key is kept, but not of what concerns several.
    isOrdered: false,
    get client() {
      return first.client;
    },
    send: (command, key) => connections[hashString(key, 0) % connections.length]!.send(command, key),
    listen: (ended) => first.listen(ended),
    close: async () => void (await Promise.all(connections.map((connection) => connection.close()))),
  };
}
