/**
 * Why a tier failed.
 *
 * @module
 */
import { type Failure, failureOf } from "./failure.ts";
import type { Session } from "./session.ts";

/** In the words of its client. */
export function reasonOf(session: Session, tier: string, error: string | undefined): string {
  return failureIn(session, tier)?.message ?? error ?? "for an unknown reason";
}

/** The failure that it is, where the session has seen it. */
export function failureIn(session: Session, tier: string): Failure | undefined {
  const fault = session.faults.find((one) => (one as { tier?: unknown }).tier === tier);
  return fault === undefined ? undefined : failureOf(fault);
}
