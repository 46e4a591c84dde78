import { ValidationError } from "../../../mod.ts";
import { equal, ok, rejects, same } from "../../contract/mod.ts";
import { type StackSuite, stackSuite } from "./stacks.ts";

type Result = { value: unknown } | { issues: { message: string }[] };

/** A schema of numbers above 0, which gives back their double; asynchronous like some libraries' or not. */
function positive({ later = false } = {}) {
  const seen: unknown[] = [];
  const check = (value: unknown): Result => {
    seen.push(value);
    return typeof value === "number" && value > 0 ? { value: value * 2 } : { issues: [{ message: "must be above 0" }] };
  };
  const validate = later ? async (value: unknown) => check(value) : check;
  return { seen, schema: { "~standard": { version: 1, vendor: "test", validate } } as never };
}

export const schemas: StackSuite = stackSuite("schemas", {
  "a hit from every tier is what the schema gives back": async (open, { depth }) => {
    for (const later of [false, true]) {
      const { cache } = open();
      const { schema, seen } = positive({ later });
      await cache.set("k", 21);
      same(await cache.get("k", { schema }), 42);
      if (depth === 2) await cache.evictAll();
      same((await cache.getEntry("k", { schema }))?.value, 42);
      equal(await cache.getMany(["k", "none"], { schema }), new Map([["k", 42]]));
      equal(seen, [21, 21, 21]);
      // What is stored is as it was.
      same(await cache.get("k"), 21);
    }
  },
  "what does not fit is a miss": async (open) => {
    for (const later of [false, true]) {
      const { cache } = open();
      const { schema } = positive({ later });
      await cache.setMany([
        { key: "zero", value: 0 },
        { key: "null", value: null },
        { key: "text", value: "5" },
        { key: "fits", value: 5 },
      ]);
      same(await cache.get("zero", { schema }), undefined);
      same(await cache.get("null", { schema, default: "default" }), "default");
      same(await cache.getEntry("text", { schema, onInvalid: "miss" }), undefined);
      equal(await cache.getMany(["zero", "null", "text", "fits"], { schema }), new Map([["fits", 10]]));
      const { hits, misses } = cache.stats();
      equal([hits, misses], [1, 6]);
    }
  },
  "what does not fit is thrown when asked, with the schema's issues and without the value": async (open) => {
    const { cache } = open();
    for (const later of [false, true]) {
      const { schema } = positive({ later });
      await cache.set("k", -123_456);
      for (const call of [
        () => cache.get("k", { schema, onInvalid: "throw" }),
        () => cache.getEntry("k", { schema, onInvalid: "throw" }),
        () => cache.getMany(["none", "k"], { schema, onInvalid: "throw" }),
      ]) {
        const error = (await rejects(call, ValidationError)) as ValidationError;
        equal([error.code, error.issues], ["VALIDATION", [{ message: "must be above 0" }]]);
        ok(!error.message.includes("123"));
      }
      same(await cache.get("none", { schema, onInvalid: "throw" }), undefined);
    }
  },
  "a schema that fails by itself rejects the read": async (open) => {
    const { cache } = open();
    await cache.set("k", 1);
    const schema = {
      "~standard": {
        version: 1,
        vendor: "test",
        validate() {
          throw new RangeError("broken");
        },
      },
    } as never;
    await rejects(cache.get("k", { schema }), RangeError);
  },
  "a wrong onInvalid is refused": async (open) => {
    const { cache } = open();
    await cache.set("k", 1);
    await rejects(cache.get("k", { schema: positive().schema, onInvalid: "thorw" as never }), "CONFIG");
  },
});
