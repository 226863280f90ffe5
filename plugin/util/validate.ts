import type { TObject, TSchema } from '@sinclair/typebox'
import { TypeCompiler, type ValueError, ValueErrorType } from '@sinclair/typebox/compiler'

import { FST_SSE_OPTION_INVALID } from '../errors.js'

/** The first thing that is wrong with a value. */
export interface Problem {
  /** The path to it, such as `messages/0/role`; `''` for the value itself. */
  where: string
  /** What is wrong and what would be right. Does not show the value, since it may be a secret. */
  what: string
}

/**
 * Compiles a validator whose messages say what would be right: the `description` of a schema is what it takes. A part
 * of a schema that has no description is reported as the property that contains it.
 *
 * @returns a function that returns the first problem of a value, or `undefined` if it is valid
 */
export function compileValidator(schema: TSchema): (value: unknown) => Problem | undefined {
  const compiled = TypeCompiler.Compile(schema)
  return value => {
    if (compiled.Check(value)) return undefined
    const { type, path, schema: part, value: wrong } = compiled.Errors(value).First() as ValueError
    const where = path.slice(1)
    if (type === ValueErrorType.ObjectAdditionalProperties) {
      return { where, what: `is unknown; known are ${Object.keys(part.properties).join(', ') || 'none'}` }
    }
    if (part.description !== undefined) {
      return { where, what: `${wrong === undefined ? 'is missing, it takes' : 'takes'} ${part.description}` }
    }
    const [name = ''] = where.split('/')
    return { where: name, what: `takes ${schema.properties[name].description}` }
  }
}

/** The given options, and the defaults of the others. */
export function withDefaults(schema: TObject, given: object): object {
  const own = given as Record<string, unknown>
  return Object.fromEntries(
    Object.entries(schema.properties).map(([name, option]) => [name, own[name] ?? option.default])
  )
}

/**
 * Checks that options have no other names: a misspelt one would be ignored.
 *
 * @throws FST_SSE_OPTION_INVALID
 */
export function checkNames(options: object, known: readonly string[]): void {
  if (typeof options !== 'object' || options === null) throw new FST_SSE_OPTION_INVALID('options', 'takes an object')
  const unknown = Object.keys(options).find(name => !known.includes(name))
  if (unknown !== undefined) throw new FST_SSE_OPTION_INVALID(unknown, `is unknown; known are ${known.join(', ')}`)
}

/** Whether an object has these methods. Schemas cannot say that, since they do not see inherited methods. */
export function hasMethods(value: object, names: readonly string[]): boolean {
  return names.every(name => typeof (value as Record<string, unknown>)[name] === 'function')
}

/**
 * Compiles a validator of options.
 *
 * @returns a function that throws FST_SSE_OPTION_INVALID, which names the option and what it takes
 */
export function compileOptionsValidator(schema: TObject): (options: object) => void {
  const validate = compileValidator(schema)
  return options => {
    const problem = validate(options)
    if (problem !== undefined) throw new FST_SSE_OPTION_INVALID(problem.where || 'options', problem.what)
  }
}
