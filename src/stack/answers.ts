/**
 * What tiers answer. One that others have written may answer anything, which is a fault of it as any other.
 *
 * @module
 */

/** Whether an answer can be one of an operation. Of what is in it, only as much is looked at as is relied on at once. */
export function isAnswer(operation: string, answer: unknown): boolean {
  const { entries, keys, refused, changes } = Object(answer) as Readonly<Record<string, unknown>>;
  switch (operation) {
    case "getMany":
      return Array.isArray(entries) && entries.every((entry) => !entry || isTexts(entry.tags));
    case "setMany":
    case "promotion":
      return Object(answer) === answer && (refused === undefined || isTexts(refused));
    case "deleteMany":
    case "touchMany":
      return Array.isArray(answer);
    case "prune":
      return isTexts(answer);
    case "scan":
      return isTexts(keys);
    case "size":
    case "invalidate":
      return typeof answer === "number";
    case "journal":
      return Object(answer) === answer && (changes === undefined || Array.isArray(changes));
    default:
      return true;
  }
}

function isTexts(some: unknown): boolean {
  return Array.isArray(some) && some.every((one) => typeof one === "string");
}
