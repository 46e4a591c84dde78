import { cbor, json, structured } from "../../../src/bytes/mod.ts";
import { ok, same, throws } from "../../contract/assert.ts";
import { suite, type TestCase } from "../../contract/suite.ts";

/** More than a walk needs that goes through everything once for each level, and far less than one for each path. */
const MANY = 20_000;

/** Two objects that lead back to what they are in, whose visitors are counted: without that a test of them might never end. */
function pair(root: () => unknown): object[] {
  let visits = 0;
  const one = (name: string): object => ({
    name,
    get parent() {
      if (++visits > MANY) throw new RangeError("visited too often");
      return root();
    },
  });
  return [one("a"), one("b")];
}

/** Containers that are in what they contain, twice. */
const cyclic: Record<string, () => [value: unknown, path: string]> = {
  "an object": () => {
    const root = Object.assign({ name: "root", children: [] as object[] });
    root.children = pair(() => root);
    return [root, "$.children[0].parent"];
  },
  "properties of an object": () => {
    const [a, b] = pair(() => root);
    const root = { a, b };
    return [root, "$.a.parent"];
  },
  "an array": () => {
    const root: object[] = [];
    root.push(...pair(() => root));
    return [root, "$[0].parent"];
  },
  "a set": () => {
    const root = new Set<object>();
    for (const child of pair(() => root)) root.add(child);
    return [root, "$<item 0>.parent"];
  },
  "a key and a value of a map": () => {
    const root = new Map<object, object>();
    const [key, value] = pair(() => root);
    root.set(key!, value!);
    return [root, "$<key 0>.parent"];
  },
  "values of a map": () => {
    const root = new Map<number, object>();
    for (const [index, child] of pair(() => root).entries()) root.set(index, child);
    return [root, "$<value 0>.parent"];
  },
};

export const tests: TestCase[] = suite(
  "cycles",
  Object.fromEntries(
    Object.entries(cyclic).flatMap(([name, make]): [string, TestCase["run"]][] => [
      [
        `cbor refuses ${name} with two ways back, and soon`,
        () => {
          const [value, path] = make();
          const { message } = throws(() => cbor.encode(value), "CODEC");
          ok(message.endsWith(`a circular reference at ${path}`), message);
        },
      ],
      [`json refuses ${name} with two ways back, and soon`, () => void throws(() => json.encode(make()[0]), "CODEC")],
      [
        `structured takes ${name} with two ways back`,
        () => same(typeof structured.decode(structured.encode(make()[0])), "object"),
      ],
    ]),
  ),
);
