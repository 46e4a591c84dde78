/**
 * How a command ends: exit codes, and errors as one line with what to do.
 *
 * @module
 */

/** Exit codes of every command. */
export const EXIT = {
  /** Done. */
  ok: 0,
  /** A miss, or nothing found. */
  miss: 1,
  /** Wrong usage: a command, option, duration, pattern, key, value or file that cannot be used. */
  usage: 2,
  /** The store cannot be reached, opened or read. */
  store: 3,
  /** Refused, since a confirmation is missing. */
  refused: 4,
  /** Interrupted by Ctrl-C, as shells have it: 128 and the number of the signal. */
  interrupted: 130,
} as const;

/** An end that is told in one line. */
export class Failure extends Error {
  readonly exit: number;
  /** What helps. */
  readonly fix: string | undefined;

  constructor(message: string, exit: number, options: { fix?: string | undefined; cause?: unknown } = {}) {
    super(message, { cause: options.cause });
    this.exit = exit;
    this.fix = options.fix;
  }
}

/** Wrong usage. */
export function usage(message: string, fix?: string): Failure {
  return new Failure(message, EXIT.usage, { fix });
}

/** The store fails. */
export function storeFailure(message: string, cause: unknown, fix?: string): Failure {
  return new Failure(message, EXIT.store, { cause, fix });
}

/** Errors whose fault is what was asked for; all others are of the store. */
const USAGE_CODES = new Set(["CONFIG", "KEY", "VALUE", "VALIDATION", "CODEC", "TIER_LIMIT", "SYNC_UNSUPPORTED"]);

const STORE_CODES = new Set(["TIER", "TIER_TIMEOUT", "STORE_OPEN", "STORE_SCHEMA", "CORRUPT"]);

const FIXES: Readonly<Record<string, string>> = {
  STORE_SCHEMA: "update this tiercel, or choose another file with --url",
  TIER_TIMEOUT: "is the server up? tiercel doctor looks closer",
};

/** What went wrong below, in the words of the client that met it, without lines and secrets. */
function reasonOf(error: unknown): string | undefined {
  for (let cause = (error as { cause?: unknown })?.cause; cause; cause = (cause as { cause?: unknown }).cause) {
    const { code, message, errors } = cause as { code?: unknown; message?: unknown; errors?: unknown[] };
    const inner = Array.isArray(errors) ? (errors[0] as { message?: string })?.message : undefined;
    const text = [message, inner, code].find((one) => typeof one === "string" && one !== "");
    if (text !== undefined) return redact(String(text).split("\n", 1)[0]!);
  }
  return undefined;
}

/** Without passwords of URLs and tokens of their parameters. */
export function redact(text: string): string {
  return (
    text
      // A password may have anything in it that is no space: @, / and quotes.
      .replace(/([a-z][a-z0-9+.-]*:\/\/)\S*@/gi, "$1***@")
      .replace(/([\w-]*(?:token|password|passwd|secret|key|auth|jwt))=[^\s&#]+/gi, "$1=***")
      .replace(/\beyJ[\w-]+\.[\w-]+\.[\w-]+/g, "***")
  );
}

/** What says that a package is missing, where that is what went wrong below. */
function missingIn(error: unknown): string | undefined {
  for (let one = error as { code?: unknown; message?: unknown; cause?: unknown } | undefined; one; )
    if (one.code === "MISSING_PACKAGE") return String(one.message);
    else one = one.cause as typeof one;
  return undefined;
}

/** The end that an error is. */
export function failureOf(error: unknown): Failure {
  if (error instanceof Failure) return error;
  const { code, message } = error as { code?: unknown; message?: unknown };
  const text = redact(typeof message === "string" && message !== "" ? message : String(error));
  if (typeof code === "string" && USAGE_CODES.has(code)) return new Failure(text, EXIT.usage, { cause: error });
  const missing = missingIn(error);
  if (missing !== undefined) {
    const { what = missing, install } = /^(?<what>.*): (?<install>npm install .*)$/.exec(missing)?.groups ?? {};
    return new Failure(what, EXIT.store, { cause: error, fix: install });
  }
  if (typeof code === "string" && STORE_CODES.has(code)) {
    const reason = reasonOf(error);
    const whole = reason === undefined || text.includes(reason) ? text : `${text}: ${reason}`;
    return new Failure(whole, EXIT.store, { cause: error, fix: FIXES[code] ?? fixOf(whole) });
  }
  return new Failure(text, EXIT.store, { cause: error, fix: fixOf(text) });
}

function fixOf(text: string): string | undefined {
  if (/ECONNREFUSED|ENOTFOUND|EAI_AGAIN|connect|be reached/i.test(text)) return "is the server up, and the URL right?";
  if (/auth|token|unauthori[sz]ed|40[13]|WRONGPASS|password/i.test(text)) return "is the token or password right?";
  if (/must be a database|not a database|no database/i.test(text)) return "choose another file with --url";
  return undefined;
}
