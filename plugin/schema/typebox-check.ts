import { Kind, TransformKind, type TSchema } from '@sinclair/typebox'
import { type TypeCheck, TypeCompiler, type ValueError } from '@sinclair/typebox/compiler'
import { Errors } from '@sinclair/typebox/errors'
import { Check } from '@sinclair/typebox/value'
import { type DataCheck, MISMATCH, problemAt } from './data-check.js'
import { textFormOf } from './text-form.js'

/**
 * Makes the check of a TypeBox schema.
 *
 * @param schema of TypeBox 0.34
 * @param json what documents and serializers have of it. Default: the schema itself, which is a JSON Schema
 * @throws TypeError for a kind of schema that JSON cannot carry
 */
export function typeBoxCheck(schema: TSchema, json: object = schema): DataCheck {
  refuseKinds(schema)
  const check = compile(schema)
  return {
    schema: json,
    document: json,
    text: textFormOf(json),
    accept: data => (check.Check(data) ? data : MISMATCH),
    problem(data) {
      const { message, path, value } = check.Errors(data).First() as ValueError
      return problemAt(message, path, value)
    }
  }
}

/** The kinds of TypeBox 0.34 whose data JSON cannot carry, or whose schema is no JSON Schema. */
const NOT_JSON = new Set([
  'AsyncIterator',
  'BigInt',
  'Constructor',
  'Date',
  'Function',
  'Iterator',
  'Promise',
  'RegExp',
  'Symbol',
  'Uint8Array',
  'Undefined',
  'Void'
])

/** @throws TypeError if a schema, or one in it, cannot be sent as JSON */
function refuseKinds(schema: unknown): void {
  if (typeof schema !== 'object' || schema === null) return
  if (TransformKind in schema) throw new TypeError('has a Transform, which is not applied to what is sent')
  const kind = Kind in schema ? String(schema[Kind]) : ''
  if (NOT_JSON.has(kind)) throw new TypeError(`has TypeBox's ${kind}, which cannot be represented in JSON Schema`)
  for (const [keyword, inner] of Object.entries(schema)) if (!NO_SCHEMA.has(keyword)) refuseKinds(inner)
}

/** The keywords that hold values. These may be of any form, and refer to themselves. */
const NO_SCHEMA = new Set(['const', 'default', 'enum', 'examples'])

/** Compiles the check of a schema. If the Content-Security-Policy of a page forbids that, the check interprets it. */
function compile(schema: TSchema): Pick<TypeCheck<TSchema>, 'Check' | 'Errors'> {
  try {
    return TypeCompiler.Compile(schema)
  } catch (error) {
    if (!(error instanceof EvalError)) throw error
    return {
      Check: (data): data is never => Check(schema, data),
      Errors: data => Errors(schema, data)
    }
  }
}
