import { type TSchema, Type } from '@sinclair/typebox'
import { compileValidator, FST_SSE_OPTION_INVALID } from '../../plugin/toolkit.js'
import type { Limits } from '../limits.js'

const LastEventId = Type.Optional(
  Type.String({ description: 'a string, the Last-Event-ID of a client that cannot send the header' })
)

/** A parameter that the app reads. */
const Own = Type.Optional(Type.String())

/** Whoever reads a parameter checks it. A parser of queries makes a list of several. */
const Anything = Type.Optional(Type.Unknown())

/**
 * What the queries of the routes take: their schemas, and the checks that go with them.
 *
 * @param lastEventId the name of the parameter that the plugin reads; `false` for none
 * @param own the names of those that the app reads
 * @throws FST_SSE_OPTION_INVALID
 */
export function streamQueries(limits: Limits, lastEventId: string | false, own: readonly string[]) {
  const known = lastEventId === false ? [] : [lastEventId]
  checkOwn(own, ['prompt', ...known])
  const prompt = { prompt: promptSchema(limits) }
  const documented = { ...all(known, LastEventId), ...all(own, Own) }
  const checked = all([...known, ...own], Anything)
  return {
    schemas: {
      promptQuery: closed({ ...prompt, ...documented }),
      noQuery: closed(documented),
      /** Of the routes that take any query. */
      ownQuery: own.length === 0 ? undefined : Type.Object(all(own, Own))
    },
    findPromptProblem: compileValidator(closed({ ...prompt, ...checked })),
    findProblem: compileValidator(closed(checked))
  }
}

/** The schema of a prompt: never empty, and limited in length. */
export function promptSchema({ maxTextLength }: Limits) {
  return Type.String({
    minLength: 1,
    maxLength: maxTextLength,
    description: `a string of 1 to ${maxTextLength} characters`
  })
}

export function closed(properties: Record<string, TSchema>) {
  return Type.Object(properties, { additionalProperties: false })
}

/** @throws FST_SSE_OPTION_INVALID */
function checkOwn(own: unknown, taken: readonly string[]): void {
  const isList = Array.isArray(own) && own.every(name => typeof name === 'string' && name !== '')
  if (!isList || new Set([...own, ...taken]).size < own.length + taken.length) {
    const names = `of query parameters that your app reads, each once, without ${taken.join(' and ')}`
    throw new FST_SSE_OPTION_INVALID('queryParameters', `takes a list of names ${names}`)
  }
}

function all(names: readonly string[], schema: TSchema): Record<string, TSchema> {
  return Object.fromEntries(names.map(name => [name, schema]))
}
