/**
 * The script: all operations in one, so that a server has to be told once, and so that two calls keep their order when
 * it has not been told yet. Each operation is one call, which Redis runs as one step.
 *
 * @module
 */
import { DELETE, DROP, TOUCH } from "./change.ts";
import { GET, GET_PLAIN } from "./get.ts";
import { INDEX } from "./index.ts";
import { INVALIDATE, INVALIDATE_PLAIN } from "./invalidate.ts";
import { JOURNAL, LOOK } from "./journal.ts";
import { LEASES, RELEASE } from "./leases.ts";
import { LEDGER } from "./ledger.ts";
import { RECORD } from "./record.ts";
import { PUT, SET } from "./set.ts";
import { TAGS } from "./tags.ts";
import { CLEAR, PRUNE, SCAN } from "./walk.ts";

const PLAIN = [PUT, GET_PLAIN, INVALIDATE_PLAIN];
const FUNCTIONS = [LEDGER, RECORD, TAGS, INDEX, LEASES, JOURNAL];
const OPERATIONS = [GET, SET, DELETE, TOUCH, INVALIDATE, LOOK, RELEASE, SCAN, CLEAR, PRUNE, DROP];

/** The text of the script. */
export const SCRIPT: string = [
  ...PLAIN,
  ...FUNCTIONS,
  ...OPERATIONS,
  "return redis.error_reply('ERR unknown operation')",
].join("");
