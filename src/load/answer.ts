/**
 * Answering a caller: what he gets of a value, and how that is counted.
 *
 * @module
 */
import { then } from "../maybe.ts";
import { fit } from "../schema.ts";
import type { MaybePromise } from "../tier.ts";
import type { Request } from "../write.ts";
import type { Landing } from "./flight.ts";

/** A value as this caller gets it. */
export function output({ options: { schema }, fitted }: Request, value: unknown): MaybePromise<unknown> {
  if (!schema) return value;
  return fitted && Object.is(fitted.value, value)
    ? fitted.output
    : then(fit(schema, value, "throw"), (fitting) => fitting!.value);
}

/** Counts how a caller got its value, and answers with that. */
export function answer(request: Request, { entry, by, tier }: Landing): MaybePromise<unknown> {
  const { key, text, space } = request;
  if (by === "load") space.count(key, "misses", text);
  else if (by === "hit") {
    space.count(key, "hits", text);
    space.engine.emit("hit", () => ({ key, tier }));
  } else {
    space.count(key, "staleHits", text);
    space.engine.emit("stale", () => ({ key, tier, reason: by }));
  }
  return output(request, entry.value);
}
