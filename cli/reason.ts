/**
 * Why a tier failed.
 *
 * @module
 */
import { failureOf } from "./failure.ts";
import type { Session } from "./session.ts";

/** In the words of its client. */
export function reasonOf(session: Session, tier: string, error: string | undefined): string {
  const fault = session.faults.find((one) => (one as { tier?: unknown }).tier === tier);
  return fault === undefined ? (error ?? "for an unknown reason") : failureOf(fault).message;
}
