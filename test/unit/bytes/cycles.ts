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

/** Objects each of which leads to all of them, or to those after it, and an item that no codec takes at the end. */
function knot(size: number, isCyclic: boolean): unknown[] {
  let visits = 0;
  const all: object[] = [];
  for (let index = 0; index < size; index++) {
    const get = (): object[] => {
      if (++visits > MANY) throw new RangeError("visited too often");
      return isCyclic ? all : all.slice(index + 1);
    };
    all.push(Object.defineProperty({ index }, "others", { get, enumerable: true }));
  }
  return [all, () => "no codec takes this"];
}

const refusals = {
  "structured says soon what it refuses behind objects that share others": () => {
    for (const isCyclic of [false, true]) {
      const { message } = throws(() => structured.encode(knot(40, isCyclic)), "CODEC");
      ok(message.endsWith("a function at $[1]"), message);
    }
  },
  "an object is too deep where it comes again, further down": () => {
    let shared: unknown[] = [];
    for (let level = 0; level < 600; level++) shared = [shared];
    let deep: unknown = shared;
    for (let level = 0; level < 600; level++) deep = [deep];
    const { message } = throws(() => cbor.encode([shared, deep]), "CODEC");
    ok(message.includes("more than 1000 levels at $[1][0]"), message);
    same((structured.decode(structured.encode([shared, deep])) as unknown[]).length, 2);
  },
};

export const tests: TestCase[] = [
  ...suite("refusals", refusals),
  ...suite(
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
  ),
];
