import { type Static, type TSchema, Type } from '@sinclair/typebox'
import { FST_SSE_EVENT_INVALID } from '../../errors.js'
import { awaited } from '../../sse/event.js'
import { describe } from '../../util/errors/describe.js'
import { compileValidator } from '../../util/validate.js'

const text = (what: string) => Type.String({ description: `a string${what}` })

/** The schema of text of an answer. A plain string means the same. */
export const TextPart = part('text', { text: text('') })

/** The schema of what a model thinks before it answers. */
export const ReasoningPart = part('reasoning', {
  text: text(''),
  signature: Type.Optional(text(', by which the provider recognises its own reasoning')),
  encrypted: Type.Optional(text(', the reasoning in a form that only the provider can read'))
})

/** The schema of a call of a tool, or the next piece of one. */
export const ToolCallPart = part('tool-call', {
  id: Type.String({ minLength: 1, description: 'a string that is not empty, the same for all pieces of a call' }),
  name: Type.String({ minLength: 1, description: 'the name of a tool' }),
  arguments: text(' of JSON, or the next piece of it'),
  extra: Type.Optional(
    Type.Record(Type.String(), Type.Unknown(), {
      description: "an object with what else the provider's API says of the call, and wants back"
    })
  )
})

/** The schema of text with which a model refuses to answer. */
export const RefusalPart = part('refusal', { text: text('') })

/** Text of an answer. A plain string means the same. */
export type TextPart = Static<typeof TextPart>

/**
 * What a model thinks before it answers. `signature` and `encrypted` are for the provider, which wants its reasoning
 * back unchanged in a later request; they come with the last piece, or with one whose text is empty.
 */
export type ReasoningPart = Static<typeof ReasoningPart>

/**
 * A call of a tool, or the next piece of one: the pieces with the same `id` are one call, and their `arguments`,
 * joined, are JSON. `extra` is for the provider, which wants it back unchanged in a later request, such as the
 * signature of the thoughts that led to the call. It has the names of the provider's API.
 */
export type ToolCallPart = Static<typeof ToolCallPart>

/** Text with which a model refuses to answer. */
export type RefusalPart = Static<typeof RefusalPart>

/** A part of an answer that is not a plain string. */
export type Part = TextPart | ReasoningPart | ToolCallPart | RefusalPart

/** A part of an answer. A plain string is text. */
export type AnswerPart = string | Part

/** The schemas of all parts, by their type. */
export const partSchemas = {
  text: TextPart,
  reasoning: ReasoningPart,
  'tool-call': ToolCallPart,
  refusal: RefusalPart
} as const satisfies Record<Part['type'], TSchema>

const problemFinders = Object.fromEntries(
  Object.entries(partSchemas).map(([type, schema]) => [type, compileValidator(schema)])
)

/** Whether an item has the type of a part. Its other fields may still be wrong. */
export function isPart(item: unknown): item is Part {
  const { type } = (item ?? {}) as { type?: unknown }
  return typeof type === 'string' && Object.hasOwn(partSchemas, type)
}

/**
 * Checks that an item is a part of an answer.
 *
 * @throws FST_SSE_EVENT_INVALID if it is not
 */
export function partOf(item: unknown): AnswerPart {
  if (typeof item === 'string') return item
  const value = awaited(item)
  if (!isPart(value)) {
    const known = Object.keys(partSchemas).join(', ')
    throw new FST_SSE_EVENT_INVALID(
      `a part of an answer must be a string, or an object with the type ${known}, but it is ${describe(value)}`
    )
  }
  const problem = problemFinders[value.type]?.(value)
  if (problem === undefined) return value
  throw new FST_SSE_EVENT_INVALID(`a part with the type ${value.type}: ${problem.where} ${problem.what}`)
}

function part<Type extends string, Fields extends Record<string, TSchema>>(type: Type, fields: Fields) {
  return Type.Object(
    { type: Type.Literal(type, { description: JSON.stringify(type) }), ...fields },
    { description: `an object with type "${type}", ${Object.keys(fields).join(', ')}`, additionalProperties: false }
  )
}
