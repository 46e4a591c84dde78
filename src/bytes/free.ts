/**
 * Giving memory back at once.
 *
 * @module
 */

/**
 * Gives back the memory of bytes that nobody will use any more, where the engine can (ES2024). Garbage outside of its heap is collected late:
 * V8 lets 64 MiB gather before it looks.
 */
export function free({ buffer, byteLength }: Uint8Array): void {
  // One that others may have a part of stays.
  if (buffer.byteLength === byteLength) (buffer as { transfer?(length: number): unknown }).transfer?.(0);
}
