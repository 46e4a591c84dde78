import type { TestCase } from "../../contract/mod.ts";
import { aborts } from "./aborts.ts";
import { basics } from "./basics.ts";
import { batch } from "./batch.ts";
import { coherence } from "./coherence.ts";
import { events } from "./events.ts";
import { expiry } from "./expiry.ts";
import { faults } from "./faults.ts";
import { freshness } from "./freshness.ts";
import { interleavings } from "./interleavings.ts";
import { joining } from "./joining.ts";
import { caps, layers } from "./layers.ts";
import { leases } from "./leases.ts";
import { lifecycle } from "./lifecycle.ts";
import { manyLoads } from "./load-many.ts";
import { loads } from "./loads.ts";
import { namespaces } from "./namespaces.ts";
import { promotion } from "./promotion.ts";
import { races } from "./races.ts";
import { recovery } from "./recovery.ts";
import { refresh } from "./refresh.ts";
import { schemas } from "./schema.ts";
import { scopes } from "./scopes.ts";
import { scopesByOption } from "./scopes-by-option.ts";
import { scopesInherit } from "./scopes-inherit.ts";
import { slowVerdicts } from "./slow-verdicts.ts";
import { STACKS, type StackSuite } from "./stacks.ts";
import { tags } from "./tags.ts";

/** The suites that hold on any stack of tiers. */
export const suites: readonly StackSuite[] = [
  basics,
  batch,
  expiry,
  tags,
  namespaces,
  scopes,
  scopesInherit,
  scopesByOption,
  schemas,
  loads,
  aborts,
  joining,
  manyLoads,
  races,
  slowVerdicts,
  freshness,
  refresh,
  events,
  lifecycle,
  promotion,
  layers,
  caps,
  faults,
  recovery,
  interleavings,
  coherence,
  leases,
];

export const tests: TestCase[] = STACKS.flatMap((stack) => suites.flatMap((suite) => suite(stack)));
