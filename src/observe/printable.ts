/**
 * Text for people, of which nothing is unseen.
 *
 * @module
 */

/** Control characters, those that turn the direction of text, and those that nobody sees, but for the two that join letters and emoji. */
const UNSEEN =
  // biome-ignore lint/suspicious/noControlCharactersInRegex: these are what is looked for.
  /[\u0000-\u001f\u007f-\u009f\u00ad\u061c\u180e\u200b\u200e\u200f\u2028-\u202e\u2060-\u206f\ufeff]/g;

/** The text without what would change a terminal or deceive who reads it: that is shown as escapes. */
export function printable(text: string): string {
  return text.replace(UNSEEN, (character) => {
    const known: Record<string, string> = { "\n": "\\n", "\r": "\\r", "\t": "\\t" };
    return known[character] ?? `\\u${character.charCodeAt(0).toString(16).padStart(4, "0")}`;
  });
}
