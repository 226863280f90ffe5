import { type Static, Type } from '@sinclair/typebox'
import { eventStream } from '../../plugin/index.js'
import { Finish } from '../generate.js'

/**
 * The schema of an answer as events: `message`, the text of a token; `done`, how the answer ended; `error`. A client
 * gets the types of its events from it.
 *
 * @example
 * ```ts
 * import { openStream, type SseStream } from 'fastify-sse-from/client'
 * import type { Tokens } from 'fastify-sse-from/routes'
 *
 * const stream: SseStream<typeof Tokens> = openStream('/stream', { body: { prompt: 'hi' } })
 * ```
 */
export const Tokens = eventStream(
  { message: Type.String(), done: Finish },
  'The answer: one event for each token, or one JSON body for clients that accept only JSON'
)

/** The schema of a whole answer, the JSON body that a client gets which prefers `application/json` to events. */
export const WholeAnswer = Type.Composite([Type.Object({ text: Type.String() }), Finish])

/** A whole answer: its text, and how it ended. */
export type WholeAnswer = Static<typeof WholeAnswer>
