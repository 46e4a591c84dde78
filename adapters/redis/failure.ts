/**
 * What a client throws, told anew: its errors may hold whole commands, and with them values, or a URL with its
 * password.
 *
 * @module
 */
import { TiercelError } from "../../src/errors.ts";

/** Longest part of a message that is told. */
const LONGEST = 160;

/** Whether the server does not know the script. */
export function isUnknownScript(error: unknown): boolean {
  return messageOf(error).startsWith("NOSCRIPT");
}

/** An error of Redis or of the way to it. */
export class RedisFailure extends Error {
  override name = "RedisFailure";
  /** The first word of an error of the server, as `OOM` or `NOPERM`; that of the system, as `ECONNREFUSED`; or none. */
  declare readonly code: string | undefined;

  constructor(message: string, code?: string) {
    super(message);
    this.code = code;
  }
}

/** The error to throw for one of a client. Our own stay as they are. */
export function failure(error: unknown): Error {
  if (error instanceof TiercelError || error instanceof RedisFailure) return error;
  const message = messageOf(error);
  const { code } = (error ?? {}) as { code?: unknown };
  const word = /^-?([A-Z][A-Z0-9_]+)(?= |$)/.exec(message)?.[1];
  const known = word ?? (typeof code === "string" ? code : undefined);
  return new RedisFailure(`Redis failed: ${shortened(message) || known || "no reason was told"}`, known);
}

/** Without what quotes a command or a password, and not too long. */
function shortened(message: string): string {
  const [told = ""] = message.split(/[\r\n]|, with args|with args beginning/);
  const clean = told.replace(/\/\/[^@\s/]*@/g, "//");
  return clean.length > LONGEST ? `${clean.slice(0, LONGEST)}…` : clean;
}

function messageOf(error: unknown): string {
  const { message, errors } = (error ?? {}) as { message?: unknown; errors?: unknown };
  // Node tells of a host with two addresses by an error without a message.
  if (message === "" && Array.isArray(errors)) return errors.map(messageOf).join("; ");
  return typeof message === "string" ? message : "";
}
