import type { JsonSchema, TextForm } from './data-check.js'

/** Whether data of a schema is text. If a keyword leaves doubt, it may be. */
export function textFormOf(schema: JsonSchema): TextForm {
  if (!allows(schema, schema, [])) return 'never'
  return isText(schema) ? 'always' : 'maybe'
}

/** Whether all data of this schema is text. */
function isText(schema: JsonSchema): boolean {
  const { type, anyOf, enum: values = [schema.const] } = schema
  if (type === 'string') return true
  if (Array.isArray(anyOf)) return anyOf.every(isText)
  return Array.isArray(values) && values.every(value => typeof value === 'string')
}

/** Whether a schema within another allows text. */
function allows(schema: JsonSchema, root: JsonSchema, seen: readonly unknown[]): boolean {
  // A schema that is nothing but itself allows nothing more.
  if (seen.includes(schema)) return false
  const { type, anyOf, oneOf, allOf, enum: values, $ref } = Object(schema) as JsonSchema
  const inner = (one: JsonSchema): boolean => allows(one, root, [...seen, schema])
  if (type !== undefined && ![type].flat().includes('string')) return false
  if ('const' in Object(schema) && typeof schema.const !== 'string') return false
  if (Array.isArray(values) && !values.some(value => typeof value === 'string')) return false
  for (const some of [anyOf, oneOf]) if (Array.isArray(some) && !some.some(inner)) return false
  if (Array.isArray(allOf) && !allOf.every(inner)) return false
  const target = typeof $ref === 'string' ? resolve($ref, root) : undefined
  return target === undefined || inner(target)
}

/** The schema that a reference within a document points to; `undefined` if it points elsewhere. */
function resolve($ref: string, root: JsonSchema): JsonSchema | undefined {
  const pointer = $ref.slice($ref.indexOf('#') + 1)
  const steps = $ref.includes('#') ? pointer.split('/').slice(1) : ['$defs', $ref]
  return steps.reduce<unknown>((inner, step) => Object(inner)[step], root) as JsonSchema | undefined
}
