/**
 * Colours of terminals.
 *
 * @module
 */

/** ESC, then what SGR sequences have (ECMA-48 section 8.3.117). */
const COLORS = /* @__PURE__ */ new RegExp(`${String.fromCharCode(27)}\\[[\\d;]*m`, "g");

/** A text without them. */
export function withoutColors(text: string): string {
  return text.replace(COLORS, "");
}
