/**
 * Parts of a response put together (RFC 9111 section 3.4).
 *
 * @module
 */
import { strongTag } from "./conditions.ts";
import { type Part, parseRangeOf } from "./range.ts";
import type { StoredHead, StoredResponse } from "./stored.ts";

/** A part with its bytes. */
export interface Piece {
  readonly head: StoredHead;
  readonly part: Part;
  readonly bytes: Uint8Array;
}

/** The whole, where the beginning is stored and a response is the rest of the same. */
export function completed(record: StoredResponse, response: Response): Response | undefined {
  const part = parseRangeOf(response.headers);
  const { last, total } = record.part!;
  if (!part || part.first !== last + 1 || part.last + 1 !== total || !response.body) return undefined;
  if (!isSame(record, response.headers)) return undefined;
  const headers = new Headers(response.headers);
  headers.delete("content-range");
  headers.set("content-length", String(total));
  return new Response(after(record.body!, response.body) as BodyInit, { status: 200, headers });
}

/** A part together with the stored one of the same response, where they touch; itself where they do not, or are too long together. */
export function united(record: StoredResponse | undefined, piece: Piece, most: number): Pick<Piece, "head" | "bytes"> {
  const { head, part, bytes } = piece;
  if (!record?.part || !record.body || !isSame(record, new Headers(head.headers as [string, string][]))) return piece;
  if (record.part.total !== part.total || !fits(record.part, record.body) || !fits(part, bytes)) return piece;
  const first = Math.min(part.first, record.part.first);
  const last = Math.max(part.last, record.part.last);
  const isOneRange = part.first <= record.part.last + 1 && record.part.first <= part.last + 1;
  if (!isOneRange || last - first + 1 > most) return piece;
  const whole = new Uint8Array(last - first + 1);
  whole.set(record.body, record.part.first - first);
  whole.set(bytes, part.first - first);
  return { head: { ...head, part: { first, last, total: part.total } }, bytes: whole };
}

/** Whether it is a part from the first byte on. */
export function isBeginning({ part, body }: StoredResponse): boolean {
  return part !== null && body !== null && part.first === 0 && part.total !== undefined && fits(part, body);
}

function fits({ first, last }: Part, bytes: Uint8Array): boolean {
  return bytes.byteLength === last - first + 1;
}

/** Whether both have the same strong tag. */
function isSame(record: StoredHead, headers: Headers): boolean {
  const tag = strongTag(record);
  return tag !== undefined && tag === headers.get("etag");
}

/** Bytes, and then a stream. */
function after(bytes: Uint8Array, rest: ReadableStream<Uint8Array>): ReadableStream<Uint8Array> {
  const reader = rest.getReader();
  return new ReadableStream<Uint8Array>({
    start: (controller) => controller.enqueue(bytes),
    async pull(controller) {
      const { done, value } = await reader.read();
      if (done) controller.close();
      else controller.enqueue(value);
    },
    cancel: (reason) => reader.cancel(reason),
  });
}
