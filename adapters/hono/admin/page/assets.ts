/**
 * What the pages load besides their own text.
 *
 * @module
 */
import { SCRIPT } from "./script.ts";
import { STYLE } from "./style.ts";

/** Path below `/assets`, media type and text. */
export const ASSETS: readonly (readonly [path: string, type: string, text: string])[] = [
  ["admin.css", "text/css; charset=utf-8", STYLE],
  ["admin.js", "text/javascript; charset=utf-8", SCRIPT],
];

/** Changes with them, so that browsers may keep them: FNV-1a of 32 bits over both. */
export const VERSION: string = /* @__PURE__ */ versionOf(STYLE + SCRIPT);

function versionOf(text: string): string {
  let hash = 0x811c9dc5;
  for (let i = 0; i < text.length; i++) hash = Math.imul(hash ^ text.charCodeAt(i), 0x01000193);
  return (hash >>> 0).toString(36);
}
