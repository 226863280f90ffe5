import type { JsonSchema } from './data-check.js'

/**
 * The form of a schema that `@fastify/swagger` can read. It takes each key `$ref` for a reference, and fails for the
 * whole app where a property has that name; the name of a pattern may say the same.
 */
export function readableDocument(schema: JsonSchema): JsonSchema {
  const text = textOf(schema)
  return text.includes('"$ref":{') ? JSON.parse(text, (_key, value) => withoutRef(value)) : schema
}

function withoutRef(schema: unknown): unknown {
  const { properties, patternProperties, ...rest } = Object(schema)
  const { $ref, ...others } = Object(properties)
  if (typeof $ref !== 'object') return schema
  return { ...rest, properties: others, patternProperties: { ...patternProperties, '^\\$ref$': $ref } }
}

/** What is referred to and who refers, in any order. */
const RECURSIVE = /"\$id":.*"\$ref":"|"\$ref":".*"\$id":/

/**
 * The schemas that refer to themselves, for `@fastify/swagger`: it writes those into the document that it finds under a
 * keyword of JSON Schema, which the content of a response is none of.
 */
export function recursiveParts(documents: readonly JsonSchema[]): { allOf?: JsonSchema[] } {
  const recursive = documents.filter(document => RECURSIVE.test(textOf(document)))
  return recursive.length === 0 ? {} : { allOf: recursive }
}

/** A default or an example may refer to itself. Such a schema is left as it is. */
function textOf(schema: JsonSchema): string {
  try {
    return JSON.stringify(schema)
  } catch {
    return ''
  }
}
