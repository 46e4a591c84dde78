/**
 * The layers of a stack, for what keeps entries in tiers past the store: what is neither promoted nor invalidated, as it has no name that
 * anybody knows.
 *
 * @module
 */
import type { Engine } from "../engine.ts";
import type { Layer } from "./layer.ts";

/** From top to bottom. There are none where memory is the only tier. */
export const layersOf: WeakMap<Engine, readonly Layer[]> = /* @__PURE__ */ new WeakMap();
