import { ignoreRejection, isPromiseLike } from '../util/promise.js'
import { type DataCheck, type JsonSchema, MISMATCH, problemAt } from './data-check.js'
import type { StandardIssue, StandardResult, StandardSchema } from './data-schema.js'

type Target = 'draft-07' | 'draft-2020-12'

/** What a Standard Schema has that can tell its JSON Schema: Standard JSON Schema. */
interface Converter {
  output(options: { target: Target }): Record<string, unknown>
}

/**
 * Makes the check of a Standard Schema. What is sent is what the schema makes of the data.
 *
 * @throws TypeError if the schema has no JSON Schema, and what its library throws where there can be none
 */
export function standardCheck(schema: StandardSchema): DataCheck {
  const { validate } = schema['~standard']
  const run = (data: unknown): StandardResult => {
    const result = validate(data)
    if (!isPromiseLike(result)) return result
    ignoreRejection(result)
    throw new TypeError('its schema is asynchronous, and events are not')
  }
  return {
    schema: jsonSchemaOf(schema, 'draft-07'),
    document: jsonSchemaOf(schema, 'draft-2020-12'),
    accept(data) {
      const result = run(data)
      return result.issues === undefined ? result.value : MISMATCH
    },
    problem(data) {
      // A schema may change its mind, such as one that looks at a clock.
      const [issue] = run(data).issues ?? []
      return issue === undefined ? problemAt('It does not match', '', data) : problemOf(issue, data)
    }
  }
}

let made = 0

function jsonSchemaOf(schema: StandardSchema, target: Target): JsonSchema {
  const { jsonSchema, vendor } = schema['~standard'] as { jsonSchema?: Converter; vendor: string }
  if (jsonSchema === undefined) throw new TypeError(`a schema of ${vendor} without JSON Schema${HINTS[vendor] ?? ''}`)
  const { $schema: _, ...json } = jsonSchema.output({ target })
  const text = JSON.stringify(json)
  if (!text.includes('"$ref":"#')) return json
  // It becomes a part of other documents, so its references say of which schema they are.
  const $id = `fastify-sse-from:${made++}`
  return { $id, ...JSON.parse(text, (key, value) => (key === '$ref' && /^#/.test(value) ? $id + value : value)) }
}

/** How a schema gets its JSON Schema, by library. */
const HINTS: Readonly<Record<string, string>> = {
  valibot: ': pass it to toStandardJsonSchema() of @valibot/to-json-schema',
  zod: ': zod has it from version 4.2 on',
  arktype: ': ArkType has it from version 2.1.28 on'
}

/** Some libraries show the wrong value in their messages. Such a message is left out. */
function problemOf({ message, path = [] }: StandardIssue, data: unknown): string {
  const keys = path.map(step => (typeof step === 'object' ? step.key : step))
  const value = keys.reduce<unknown>((inner, key) => Object(inner)[key], data)
  const shown = mentions(message, value) ? 'It does not match' : message
  return problemAt(shown, keys.map(key => `/${String(key)}`).join(''), value)
}

/** Whether a message shows a value, or any part of it. */
function mentions(message: string, value: unknown): boolean {
  if (typeof value === 'object' && value !== null)
    return Object.entries(value)
      .flat()
      .some(part => mentions(message, part))
  return typeof value !== 'boolean' && value !== null && value !== undefined && message.includes(String(value))
}
