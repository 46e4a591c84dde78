/**
 * Responses and blobs as streams.
 *
 * @module
 */
import { mustBe, ValueError } from "../errors.ts";
import type { LoadedStream } from "./types.ts";
import type { Opened } from "./view.ts";

/** What is kept of a response besides its body. */
interface ResponseMeta {
  readonly status: number;
  readonly statusText: string;
  readonly headers: readonly (readonly [name: string, value: string])[];
}

/** Statuses of responses that have no body (Fetch, "null body status"). */
const BODILESS = [101, 103, 204, 205, 304];

/** @throws {ValueError} for a response whose body was read, and for one that is an error and has no status */
export function fromResponse(response: Response): LoadedStream {
  const { status, statusText, body, bodyUsed, headers: fields } = Object(response) as Response;
  if (bodyUsed) throw new ValueError("Cannot use response as its body must not be read yet: received one that is");
  if (!(status >= 200 && status <= 599))
    throw new ValueError(mustBe("response", "of a status from 200 to 599", status));
  const headers = [...(fields as unknown as Iterable<[string, string]>)];
  const meta: ResponseMeta = { status, statusText, headers };
  return { body: body ?? new Uint8Array(0), meta };
}

/** A new response of what {@linkcode fromResponse} gave. */
export function toResponse(opened: Opened | undefined): Response | undefined {
  if (!is(opened, "response")) return undefined;
  const { body, meta } = opened.found;
  const { status, statusText, headers } = meta as ResponseMeta;
  const isBodiless = BODILESS.includes(status);
  if (isBodiless) void body.cancel();
  return new Response(isBodiless ? null : body, { status, statusText, headers: headers as [string, string][] });
}

/** The blob of a stream that `setBlob` has made. */
export async function toBlob(opened: Opened | undefined): Promise<Blob | undefined> {
  if (!is(opened, "blob")) return undefined;
  const { type } = opened.found.meta as { type: string };
  const parts: Uint8Array<ArrayBuffer>[] = [];
  // Not by a response, which fails with an error of its own in browsers.
  const reader = opened.found.body.getReader();
  for (let part = await reader.read(); !part.done; part = await reader.read())
    parts.push(part.value as Uint8Array<ArrayBuffer>);
  return new Blob(parts, { type });
}

/** Whether it is of a kind; nobody reads one that is not. */
function is(opened: Opened | undefined, kind: Opened["kind"]): opened is Opened {
  if (opened?.kind === kind) return opened !== undefined;
  void opened?.found.body.cancel();
  return false;
}
