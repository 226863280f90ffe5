import { FormatRegistry, Intersect, Kind, Literal, Null, type TSchema, TypeRegistry } from '@sinclair/typebox'

/**
 * Makes a schema of TypeBox 0.34 of one of TypeBox 1, so that both are checked by the same compiled code. The two
 * differ in the marks by which they tell the kinds of schemas, and in a few of the kinds.
 *
 * @throws TypeError for a kind of schema that JSON cannot carry
 */
export function fromTypeBox1(schema: Schema1): TSchema {
  if (schema['~codec'] !== undefined) throw new TypeError("TypeBox 1's Codec is not supported: it is not applied")
  const kind = schema['~kind'] ?? kindOf(schema)
  const convert = CONVERTERS[kind]
  if (convert === undefined) throw new TypeError(`TypeBox 1's ${kind} is not supported`)
  const { format, ...rest } = schema
  // TypeBox 0.34 takes a format that it does not know for a mistake; JSON Schema, for a note.
  const known = typeof format === 'string' && FormatRegistry.Has(format) ? { format } : {}
  const converted = { ...rest, ...known, ...convert(schema) } as unknown as TSchema
  const refinements = schema['~refine']
  if (refinements === undefined) return converted
  return Intersect([converted, { [Kind]: REFINED, refinements } as unknown as TSchema])
}

/** What is read of a schema of TypeBox 1. Its marks are not enumerable. */
export interface Schema1 {
  readonly '~kind'?: string
  readonly '~codec'?: unknown
  readonly '~refine'?: readonly Refinement[]
  readonly [keyword: string]: unknown
}

interface Refinement {
  check(value: unknown): boolean
}

const REFINED = 'fastify-sse-from:refined'
TypeRegistry.Set<{ refinements: readonly Refinement[] }>(REFINED, ({ refinements }, value) =>
  refinements.every(({ check }) => check(value))
)

/** What schemas of each kind have in TypeBox 0.34, beside their keywords. */
const CONVERTERS: Readonly<Record<string, (schema: Schema1) => object>> = {
  ...sameKind('Any', 'Boolean', 'Integer', 'Literal', 'Never', 'Null', 'Number', 'Ref', 'String'),
  ...sameKind('TemplateLiteral', 'Unknown'),
  Array: ({ items, contains }) => ({
    [Kind]: 'Array',
    items: fromTypeBox1((items ?? {}) as Schema1),
    ...(contains !== undefined && { contains: fromTypeBox1(contains as Schema1) })
  }),
  Cyclic: ({ $defs }) => ({ [Kind]: 'Import', $defs: all($defs) }),
  Enum: schema => ({ [Kind]: 'Union', anyOf: (schema.enum as (string | number | null)[]).map(literal) }),
  Intersect: ({ allOf, unevaluatedProperties }) => ({
    [Kind]: 'Intersect',
    allOf: list(allOf),
    ...additional('unevaluatedProperties', unevaluatedProperties)
  }),
  Object: ({ properties, additionalProperties }) => ({
    [Kind]: 'Object',
    properties: all(properties ?? {}),
    ...additional('additionalProperties', additionalProperties)
  }),
  Record: ({ patternProperties, additionalProperties }) => ({
    [Kind]: 'Record',
    patternProperties: all(patternProperties),
    ...additional('additionalProperties', additionalProperties)
  }),
  Tuple: ({ items }) => {
    const types = list(items)
    return { [Kind]: 'Tuple', items: types, minItems: types.length, maxItems: types.length }
  },
  Union: ({ anyOf }) => ({ [Kind]: 'Union', anyOf: list(anyOf) })
}

/** Kinds that differ in their mark only. */
function sameKind(...kinds: string[]): Record<string, () => object> {
  return Object.fromEntries(kinds.map(kind => [kind, () => ({ [Kind]: kind })]))
}

/** The kinds of schemas without a mark, such as those in `Type.Unsafe`, by what JSON Schema calls them. */
const KINDS_BY_KEYWORD: Readonly<Record<string, string>> = {
  anyOf: 'Union',
  allOf: 'Intersect',
  enum: 'Enum',
  const: 'Literal'
}

function kindOf(schema: Schema1): string {
  const keyword = Object.keys(KINDS_BY_KEYWORD).find(keyword => keyword in schema)
  if (keyword !== undefined) return KINDS_BY_KEYWORD[keyword] as string
  const { type } = schema
  if (typeof type === 'string') return type.charAt(0).toUpperCase() + type.slice(1)
  return Object.keys(schema).length === 0 ? 'Unknown' : 'schema without a type'
}

function literal(value: string | number | null): TSchema {
  return value === null ? Null() : Literal(value)
}

function list(schemas: unknown): TSchema[] {
  return (schemas as Schema1[]).map(fromTypeBox1)
}

function all(schemas: unknown): Record<string, TSchema> {
  const entries = Object.entries(schemas as Record<string, Schema1>)
  return Object.fromEntries(entries.map(([name, schema]) => [name, fromTypeBox1(schema)]))
}

/** A keyword that takes a schema or a boolean. */
function additional(keyword: string, value: unknown): object {
  return typeof value === 'object' ? { [keyword]: fromTypeBox1(value as Schema1) } : {}
}
