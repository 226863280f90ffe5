import { describe } from '../util/errors/describe.js'

/** What a check gives instead of data that is not what its schema declares. */
export const MISMATCH = Symbol('mismatch')

/** Whether data is text, which is not sent as JSON. */
export type TextForm = 'always' | 'maybe' | 'never'

/** Checks the data of an event against its schema. */
export interface DataCheck {
  /** The JSON Schema of the data, from which its serializer is compiled. */
  readonly schema: object
  /** The JSON Schema of the data for documents. */
  readonly document: JsonSchema
  readonly text: TextForm
  /** Gives the data as the schema makes it; `MISMATCH` if it is not what the schema declares. */
  accept(data: unknown): unknown
  /** What is wrong with data that is not accepted, without the data itself, which may be a secret. */
  problem(data: unknown): string
}

/** What is read of a JSON Schema. */
export interface JsonSchema {
  readonly $id?: string
  readonly type?: unknown
  readonly anyOf?: unknown
  readonly const?: unknown
  readonly enum?: unknown
  readonly oneOf?: unknown
  readonly allOf?: unknown
  readonly $ref?: unknown
}

/** What the message of a refusal says where a library's own words might show the data. */
export const NO_MATCH = 'It does not match'

/**
 * Says what is wrong with a value.
 *
 * @param path of the value in the data: empty, or with a slash before each step
 */
export function problemAt(message: string, path: string, value: unknown): string {
  return `${message}${path && ` at ${path}`}, but it is ${describe(value)}`
}
