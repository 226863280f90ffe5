import { type Static, Type } from '@sinclair/typebox'
import { eventStream } from '../../plugin/index.js'

const Count = Type.Integer({ minimum: 0 })

/** How many tokens an answer took. */
export const Usage = Type.Object({ promptTokens: Count, completionTokens: Count, totalTokens: Count })

/** How an answer ended. */
export const Finish = Type.Object({
  /** Why the model stopped: `stop` when it had said all, `length` when it ran out of tokens, or what the provider says. */
  finishReason: Type.String(),
  usage: Type.Optional(Usage)
})

/** An answer as events: `message`, the text of a token; `done`, how it ended; `error`. */
export const Tokens = eventStream(
  { message: Type.String(), done: Finish },
  'The answer, token by token as it is made, or at once for clients that accept only JSON'
)

/** A whole answer. */
export const Answer = Type.Composite([Type.Object({ text: Type.String() }), Finish])

/** An error response, as Fastify writes it. */
export const ErrorBody = Type.Object({
  statusCode: Type.Integer(),
  code: Type.Optional(Type.String()),
  error: Type.String(),
  message: Type.String()
})

export type Usage = Static<typeof Usage>
export type Finish = Static<typeof Finish>
export type Answer = Static<typeof Answer>
