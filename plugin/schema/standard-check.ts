import { ignoreRejection, isPromiseLike } from '../util/promise.js'
import { type DataCheck, type JsonSchema, MISMATCH } from './data-check.js'
import type { StandardResult, StandardSchema } from './data-schema.js'
import { LIBRARY_OPTIONS, refuseMorph } from './library-options.js'
import { problemOf } from './standard-issue.js'
import { textFormOf } from './text-form.js'

type Target = 'draft-07' | 'draft-2020-12'

/** What a Standard Schema has that can tell its JSON Schema: Standard JSON Schema. */
interface Converter {
  output(options: { target: Target; libraryOptions?: object | undefined }): Record<string, unknown>
}

/**
 * Makes the check of a Standard Schema. What is sent is what the schema makes of the data.
 *
 * @throws TypeError if the schema has no JSON Schema, and what its library throws where there can be none
 */
export function standardCheck(schema: StandardSchema): DataCheck {
  const standard = schema['~standard']
  const run = (data: unknown): StandardResult => {
    const result = standard.validate(data)
    if (!isPromiseLike(result)) return result
    ignoreRejection(result)
    throw whyLate(schema, data)
  }
  const document = jsonSchemaOf(schema, 'draft-2020-12')
  const check = {
    schema: unwrapped(jsonSchemaOf(schema, 'draft-07')),
    document,
    text: textFormOf(document),
    accept(data: unknown) {
      const result = run(data)
      return result.issues === undefined ? result.value : MISMATCH
    },
    // A schema may change its mind, such as one that looks at a clock.
    problem: (data: unknown) => problemOf(Object(run(data).issues)[0], data)
  }
  if (standard.vendor === 'arktype') refuseMorph(schema)
  return check
}

/** Why a schema gives a promise: it is asynchronous, or of zod, which promises a result where a check throws. */
function whyLate(schema: StandardSchema & { safeParse?(data: unknown): unknown }, data: unknown): unknown {
  const late = new TypeError('its schema is asynchronous, and events are not')
  if (schema['~standard'].vendor !== 'zod') return late
  try {
    schema.safeParse?.(data)
  } catch (error) {
    if (Object(error).constructor?.name !== '$ZodAsyncError') return error
  }
  return late
}

let made = 0

function jsonSchemaOf(schema: StandardSchema, target: Target): JsonSchema {
  const { jsonSchema, vendor } = schema['~standard'] as { jsonSchema?: Converter; vendor: string }
  if (jsonSchema === undefined) throw new TypeError(`a schema of ${vendor} without JSON Schema${HINTS[vendor] ?? ''}`)
  const { $schema: _, ...json } = jsonSchema.output({ target, libraryOptions: LIBRARY_OPTIONS[vendor] })
  const text = JSON.stringify(json)
  if (!text.includes('"$ref":"#')) return json
  // It becomes a part of other documents, so its references say of which schema they are.
  const $id = `fastify-sse-from:${made++}`
  return { $id, ...JSON.parse(text, (key, value) => (key === '$ref' && /^#/.test(value) ? $id + value : value)) }
}

/** Removes each `allOf` that holds one schema and stands alone. A recursive one overflows the serializer's compiler. */
function unwrapped(schema: JsonSchema): JsonSchema {
  return JSON.parse(JSON.stringify(schema), (_key, value) => {
    const { allOf, ...others } = Object(value) as { allOf?: unknown }
    return Array.isArray(allOf) && allOf.length === 1 && Object.keys(others).length === 0 ? allOf[0] : value
  })
}

/** How a schema gets its JSON Schema, by library. */
const HINTS: Readonly<Record<string, string>> = {
  valibot: ': pass it to toStandardJsonSchema() of @valibot/to-json-schema',
  zod: ': zod has it from version 4.2 on',
  arktype: ': ArkType has it from version 2.1.28 on'
}
