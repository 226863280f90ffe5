import type { TSchema } from '@sinclair/typebox'
import { type TypeCheck, TypeCompiler, type ValueError } from '@sinclair/typebox/compiler'
import { Value } from '@sinclair/typebox/value'
import { describe } from '../util/describe.js'

/** Whether data is what a schema says. */
export type DataCheck = Pick<TypeCheck<TSchema>, 'Check' | 'Errors' | 'Schema'>

/** The checks of the data of all events that a route declares. */
export type DataChecks = Readonly<Record<string, DataCheck>>

/** Makes the check of a schema: a compiled one, unless the Content-Security-Policy of a page lets no text become code. */
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
 * Makes data of the text that it was sent as. A string is sent as it is, and all else as JSON, so what passes as a string is one.
 * Throws where the data is not what was declared.
 */
export function readData(checks: DataChecks, name: string, text: string): unknown {
  const check = Object.hasOwn(checks, name) ? checks[name] : undefined
  if (check === undefined) throw new TypeError(undeclared(checks, name))
  if (check.Check(text)) return text
  const data: unknown = JSON.parse(text)
  if (!check.Check(data)) throw new TypeError(mismatch(name, check, data))
  return data
}

/** What is wrong with an event of this name. */
export function undeclared(checks: DataChecks, name: string): string {
  return `the route declares no event "${name}", only ${Object.keys(checks).join(', ')}`
}

/** What is wrong with data that does not pass. */
export function mismatch(name: string, check: DataCheck, data: unknown): string {
  const { message, path, value } = check.Errors(data).First() as ValueError
  const what = `${message}${path && ` at ${path}`}, but it is ${describe(value)}`
  return `the data of "${name}" is not what the route declares: ${what}`
}
