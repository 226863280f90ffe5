import type { TSchema } from '@sinclair/typebox'
import { type TypeCheck, TypeCompiler, type ValueError } from '@sinclair/typebox/compiler'
import { Value } from '@sinclair/typebox/value'
import { describe } from '../util/describe.js'

/** Checks data against a schema. */
export type DataCheck = Pick<TypeCheck<TSchema>, 'Check' | 'Errors' | 'Schema'>

/** The check of each event that a route declares, by name. */
export type DataChecks = Readonly<Record<string, DataCheck>>

/** Compiles the check of a schema. If the Content-Security-Policy of a page forbids that, the check interprets it. */
export function makeCheck(schema: TSchema): DataCheck {
  try {
    return TypeCompiler.Compile(schema)
  } catch (error) {
    if (!(error instanceof EvalError)) throw error
    return {
      Check: (data): data is never => Value.Check(schema, data),
      Errors: data => Value.Errors(schema, data),
      Schema: () => schema
    }
  }
}

/**
 * Decodes the data of an event. Strings are sent as they are, everything else as JSON, so text that passes the check is
 * the data itself.
 *
 * @throws TypeError if the data is not what the route declares; SyntaxError if it is not JSON
 */
export function readData(checks: DataChecks, name: string, text: string): unknown {
  const check = Object.hasOwn(checks, name) ? checks[name] : undefined
  if (check === undefined) throw new TypeError(undeclared(checks, name))
  if (check.Check(text)) return text
  const data: unknown = JSON.parse(text)
  if (!check.Check(data)) throw new TypeError(mismatch(name, check, data))
  return data
}

/** Says that a name is not declared. */
export function undeclared(checks: DataChecks, name: string): string {
  return `the route declares no event "${name}", only ${Object.keys(checks).join(', ')}`
}

/** Says what is wrong with data that fails its check. */
export function mismatch(name: string, check: DataCheck, data: unknown): string {
  const { message, path, value } = check.Errors(data).First() as ValueError
  const what = `${message}${path && ` at ${path}`}, but it is ${describe(value)}`
  return `the data of "${name}" is not what the route declares: ${what}`
}
