/**
 * Status codes: which are understood, and which may be cached without saying so.
 *
 * @module
 */

/** Cacheable by default (RFC 9110 section 15.1), 206 with the rules for parts. */
const HEURISTIC = /* @__PURE__ */ new Set([200, 203, 204, 206, 300, 301, 308, 404, 405, 410, 414, 501]);

/** Codes of RFC 9110 and its registry whose rules of caching are followed here (RFC 9111 section 5.2.2.3). */
const UNDERSTOOD = /* @__PURE__ */ new Set([
  200, 201, 202, 203, 204, 205, 206, 300, 301, 302, 303, 305, 307, 308, 400, 401, 402, 403, 404, 405, 406, 407, 408,
  409, 410, 411, 412, 413, 414, 415, 416, 417, 421, 422, 423, 424, 425, 426, 428, 429, 431, 451, 500, 501, 502, 503,
  504, 505, 511,
]);

/** Whether a status may be cached where nothing is said. */
export function isHeuristic(status: number): boolean {
  return HEURISTIC.has(status);
}

/** Whether the meaning of a status is known, which `must-understand` asks for. */
export function isUnderstood(status: number): boolean {
  return UNDERSTOOD.has(status);
}

/** Whether a response of this status never has a body (Fetch Standard, null body status). */
export function isBodiless(status: number): boolean {
  return status === 204 || status === 205 || status === 304 || status === 101 || status === 103;
}

/** Whether it counts as an error that a stale response may stand in for (RFC 5861 section 4). */
export function isFailure(status: number): boolean {
  return status === 500 || status === 502 || status === 503 || status === 504;
}
