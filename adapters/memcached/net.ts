/**
 * The slice of node:net that is used.
 *
 * @module
 */

/** A socket. */
export interface Socket {
  write(data: Uint8Array): boolean;
  on(event: "connect" | "close", listener: () => void): void;
  on(event: "data", listener: (chunk: Uint8Array) => void): void;
  on(event: "error", listener: (error: unknown) => void): void;
  setNoDelay(on: boolean): void;
  setKeepAlive(on: boolean, delay: number): void;
  ref(): void;
  unref(): void;
  destroy(): void;
}

/** node:net. */
export interface Net {
  connect(options: { host: string; port: number }): Socket;
}
