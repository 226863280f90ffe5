import type { TSchema } from '@sinclair/typebox'
import { TypeCompiler, type ValueError, ValueErrorType } from '@sinclair/typebox/compiler'

/** The first thing that is wrong with a value. */
export interface Problem {
  /** Where it is, as in `messages/0/role`; `''` for the value itself. */
  where: string
  /** What is wrong and what would be right. The value is not shown: it may be somebody's secret. */
  what: string
}

/**
 * Compiles a check that says what would be right: the `description` of each schema is what it takes.
 *
 * @returns a function that gives the first problem of a value, or `undefined` where it has none
 */
export function compileCheck(schema: TSchema): (value: unknown) => Problem | undefined {
  const compiled = TypeCompiler.Compile(schema)
  return value => {
    if (compiled.Check(value)) return undefined
    const { type, path, schema: part, value: wrong } = compiled.Errors(value).First() as ValueError
    return { where: path.slice(1), what: problemOf(type, part, wrong) }
  }
}

function problemOf(type: ValueErrorType, { description, properties }: TSchema, wrong: unknown): string {
  if (type === ValueErrorType.ObjectAdditionalProperties) {
    return `is unknown; known are ${Object.keys(properties).join(', ')}`
  }
  return `${wrong === undefined ? 'is missing, it takes' : 'takes'} ${description}`
}
