/**
 * Whether a stored response may be used for a request.
 *
 * @module
 */
import type { HttpRules } from "./options.ts";
import type { RequestControl } from "./request-control.ts";
import { ageAt, type StoredHead } from "./stored.ts";

/** How a stored response may be used now. */
export type Use = "fresh" | "stale" | "revalidate" | "no";

/** Whether a stored response may be used without asking (sections 4.2, 4.2.4 and 5.2.1, RFC 5861). */
export function useOf(record: StoredHead, asked: RequestControl, now: number): Use {
  const age = ageAt(record, now);
  const left = record.lifetime - age;
  if (record.noCache || asked.noCache || age > asked.maxAge) return "no";
  if (left > 0) return left >= asked.minFresh ? "fresh" : "no";
  if (record.noStale || asked.minFresh > 0) return "no";
  // What ends now is stale already.
  if (-left < asked.maxStale) return "stale";
  return -left < record.whileRevalidate ? "revalidate" : "no";
}

/** Whether it may stand in where the origin fails with a status, or with none (sections 4.2.4, RFC 5861 section 4). */
export function mayStandIn(
  record: StoredHead,
  asked: RequestControl,
  status: number | undefined,
  { isStrict }: HttpRules,
  now: number,
): boolean {
  if (record.part || record.noCache || record.noStale) return false;
  const stale = ageAt(record, now) - record.lifetime;
  return stale < Math.max(record.ifError, asked.staleIfError) || (isStrict && status === undefined);
}
