import type { TSchema } from '@sinclair/typebox'
import { type TypeCheck, TypeCompiler, type ValueError } from '@sinclair/typebox/compiler'
import { Errors } from '@sinclair/typebox/errors'
import { Check } from '@sinclair/typebox/value'
import { type DataCheck, MISMATCH, problemAt } from './data-check.js'

/**
 * Makes the check of a TypeBox schema.
 *
 * @param schema of TypeBox 0.34
 * @param json what documents and serializers have of it. Default: the schema itself, which is a JSON Schema
 */
export function typeBoxCheck(schema: TSchema, json: object = schema): DataCheck {
  const check = compile(schema)
  return {
    schema: json,
    document: json,
    accept: data => (check.Check(data) ? data : MISMATCH),
    problem(data) {
      const { message, path, value } = check.Errors(data).First() as ValueError
      return problemAt(message, path, value)
    }
  }
}

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
