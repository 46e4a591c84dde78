/**
 * Filters, updates, projections and order of the fake of MongoDB, as its manual has them, and no more than the tier uses.
 */

export type Document = Record<string, unknown>;

/** An error as the server sends it. */
export class ServerError extends Error {
  readonly code: number;
  readonly codeName: string;

  constructor(code: number, codeName: string, message: string) {
    super(message);
    this.code = code;
    this.codeName = codeName;
  }
}

function unknown(what: string): ServerError {
  return new ServerError(2, "BadValue", `the fake does not know ${what}`);
}

/** Whether a document matches a filter. */
export function matches(document: Document, filter: Document): boolean {
  return Object.entries(filter).every(([field, condition]) => {
    if (field === "$and") return (condition as Document[]).every((one) => matches(document, one));
    if (field === "$or") return (condition as Document[]).some((one) => matches(document, one));
    if (field.startsWith("$")) throw unknown(field);
    const value = at(document, field);
    return isOperators(condition)
      ? Object.entries(condition).every(([operator, operand]) => test(value, operator, operand))
      : isSame(value, condition);
  });
}

function test(value: unknown, operator: string, operand: unknown): boolean {
  if (operator === "$exists") return (value !== undefined) === operand;
  if (operator === "$in") return (operand as unknown[]).some((one) => isSame(value, one));
  const order = compare(value, operand);
  if (operator === "$gt") return order !== undefined && order > 0;
  if (operator === "$gte") return order !== undefined && order >= 0;
  if (operator === "$lt") return order !== undefined && order < 0;
  if (operator === "$lte") return order !== undefined && order <= 0;
  throw unknown(operator);
}

function isOperators(condition: unknown): condition is Document {
  if (Object.prototype.toString.call(condition) !== "[object Object]") return false;
  const names = Object.keys(condition as Document);
  const operators = names.filter((name) => name.startsWith("$"));
  if (operators.length > 0 && operators.length < names.length) throw unknown("a filter of operators and fields");
  return operators.length > 0;
}

function isSame(left: unknown, right: unknown): boolean {
  if (typeof right === "object") throw unknown("a filter by an object");
  return left === right;
}

/** Only values of one type are compared with each other; strings by the bytes of UTF-8. */
function compare(left: unknown, right: unknown): number | undefined {
  if (typeof left === "number" && typeof right === "number") return left - right;
  if (left instanceof Date && right instanceof Date) return left.getTime() - right.getTime();
  if (typeof left === "string" && typeof right === "string")
    return Buffer.compare(Buffer.from(left), Buffer.from(right));
  return undefined;
}

/** In the order of `_id`, as the index of it gives them. */
export function sorted(documents: Document[]): Document[] {
  return documents.sort((left, right) => compare(left._id, right._id)!);
}

function at(document: Document, path: string): unknown {
  return path.split(".").reduce<unknown>((value, name) => Object(value)[name], document);
}

/** The fields that a projection leaves. */
export function project(document: Document, projection: Document | undefined): Document {
  const fields = Object.entries(projection ?? {});
  if (fields.some(([name, isIn]) => name.includes(".") || (isIn !== 0 && isIn !== 1))) throw unknown("the projection");
  const names = new Set(fields.map(([name]) => name));
  const isInclusive = fields.some(([, isIn]) => isIn === 1);
  if (isInclusive && fields.some(([, isIn]) => isIn === 0)) throw unknown("a projection of both kinds");
  return Object.fromEntries(
    Object.entries(document).filter(([name]) => (isInclusive ? name === "_id" || names.has(name) : !names.has(name))),
  );
}

/** The document that an upsert makes: the equalities of the filter, and then the update. */
export function upserted(filter: Document, update: unknown): Document {
  const base: Document = {};
  for (const [field, condition] of Object.entries(filter)) {
    if (field.startsWith("$") || field.includes(".")) throw unknown(`an upsert by ${field}`);
    if (!isOperators(condition)) base[field] = condition;
  }
  return updated(base, update, true);
}

/** The document after an update: operators, a pipeline, or another document in its place. */
export function updated(document: Document, update: unknown, isInsert: boolean): Document {
  if (Array.isArray(update)) return update.reduce<Document>(stage, document);
  const fields = update as Document;
  const names = Object.keys(fields);
  if (!names.some((name) => name.startsWith("$"))) return { _id: document._id, ...fields };
  const after = { ...document };
  for (const [operator, changes] of Object.entries(fields) as [string, Document][]) {
    for (const [field, value] of Object.entries(changes)) {
      if (field.includes(".")) throw unknown(`an update of ${field}`);
      if (operator === "$set") after[field] = value;
      else if (operator === "$setOnInsert") {
        if (isInsert) after[field] = value;
      } else if (operator === "$unset") delete after[field];
      else if (operator === "$max") {
        if (after[field] === undefined || compare(value, after[field])! > 0) after[field] = value;
      } else throw unknown(operator);
    }
  }
  return after;
}

function stage(document: Document, one: Document): Document {
  const [[name, fields], another] = Object.entries(one) as [[string, Document], unknown];
  if (name !== "$set" || another !== undefined) throw unknown(`the stage ${name}`);
  const computed = Object.entries(fields).map(([field, expression]) => [field, evaluate(document, expression)]);
  return { ...document, ...Object.fromEntries(computed) };
}

/** An expression; what is missing is null, which sums to null and is never the highest. */
function evaluate(document: Document, expression: unknown): unknown {
  if (typeof expression === "number") return expression;
  if (typeof expression === "string" && expression.startsWith("$")) return at(document, expression.slice(1)) ?? null;
  const [[operator, operands], another] = Object.entries(Object(expression)) as [[string, unknown[]], unknown];
  if (another !== undefined || !Array.isArray(operands)) throw unknown("the expression");
  const values = operands.map((operand) => evaluate(document, operand)) as (number | null)[];
  if (operator === "$add") return values.includes(null) ? null : values.reduce((sum, value) => sum! + value!, 0);
  if (operator === "$max") {
    const numbers = values.filter((value) => value !== null);
    return numbers.length === 0 ? null : Math.max(...numbers);
  }
  throw unknown(operator);
}
