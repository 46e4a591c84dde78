/**
 * What the origin is asked, and the answer to that (RFC 9111 sections 3.4 and 4.3.1).
 *
 * @module
 */
import { requestWith, strongTag, validators } from "./conditions.ts";
import type { Task } from "./exchange.ts";
import { completed, isBeginning } from "./parts.ts";
import type { StoredResponse } from "./stored.ts";

/** Asks the origin for what a request is about: whether what is stored is still good, the rest of a stored beginning, or all. */
export async function ask(task: Task, record: StoredResponse | undefined, isStrict: boolean): Promise<Response> {
  const { request } = task;
  const response = await task.forward(requestFor(request, record, isStrict));
  if (response.status !== 206 || !record?.part || request.headers.has("range")) return response;
  const whole = completed(record, response);
  if (whole) return whole;
  // What came fits nothing, and the client wants all.
  await discard(response);
  return task.forward(requestWith(request, validators(request.headers, undefined)));
}

function requestFor(request: Request, record: StoredResponse | undefined, isStrict: boolean): Request {
  // A part is the client's own wish, and its conditions go with it.
  if (request.headers.has("range") && (!record || record.part)) return request;
  if (record?.part && isBeginning(record) && (strongTag(record) !== undefined || isStrict)) {
    const headers = validators(request.headers, undefined);
    headers.set("range", `bytes=${record.part.last + 1}-`);
    const tag = strongTag(record);
    if (tag !== undefined) headers.set("if-range", tag);
    return requestWith(request, headers);
  }
  return requestWith(request, validators(request.headers, record?.part ? undefined : record));
}

/** Nobody reads a response. */
export async function discard(response: Response): Promise<void> {
  try {
    await response.body?.cancel();
  } catch {
    // It has ended already.
  }
}
