import { type Static, Type } from '@sinclair/typebox'
import { eventStream } from '../../plugin/browser.js'
import { Finish, ReasoningPart, ToolCallPart } from '../../plugin/toolkit.js'

/** What a part has beside its type, which the name of the event says. */
const Reasoning = Type.Omit(ReasoningPart, ['type'])
const ToolCall = Type.Omit(ToolCallPart, ['type'])

const events = { message: Type.String(), reasoning: Reasoning, 'tool-call': ToolCall, done: Finish }
const description = 'The answer: one event for each token, or one JSON body for clients that accept only JSON'

/**
 * The schema of an answer as events: `message`, the text of a token; `reasoning`, what the model thinks; `tool-call`, a
 * call of a tool or the next piece of one; `done`, how the answer ended; `error`. A client gets the types of its events
 * from it.
 *
 * @example
 * ```ts
 * import { openStream, type SseStream } from 'fastify-sse-from/client'
 * import type { Tokens } from 'fastify-sse-from/routes'
 *
 * const stream: SseStream<typeof Tokens> = openStream('/stream', { body: { prompt: 'hi' } })
 * ```
 */
export const Tokens = eventStream(events, description)

/** The schema of a whole answer, the JSON body that a client gets which prefers `application/json` to events. */
export const WholeAnswer = Type.Composite([
  Type.Object({
    text: Type.String(),
    reasoning: Type.Optional(Type.Array(Reasoning)),
    toolCalls: Type.Optional(Type.Array(ToolCall))
  }),
  Finish
])

/** A whole answer: its text, what the model thought, which tools it calls, and how it ended. */
export type WholeAnswer = Static<typeof WholeAnswer>

/** The schema of an answer as events, or as a whole. */
export const TokensOrWhole = eventStream(events, { description, json: WholeAnswer })
