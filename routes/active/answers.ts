import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import type { Protocol, ResumableOptions } from '../../plugin/index.js'
import { type AnswerPart, answerKnown, answerOwner, ownedBy } from '../../plugin/toolkit.js'
import { type FinishOptions, withAsked } from '../finish.js'
import type { GenerateOptions, GenerateRequest } from '../generate.js'
import type { routeSettings } from '../route-settings.js'
import { trackedSource } from './tracked-source.js'
import type { TrackedStreams } from './tracked-streams.js'

/** What routes answer with, as the application has set it. */
export interface ActiveAnswers extends GenerateOptions, FinishOptions {
  readonly activeStreams: TrackedStreams
  /** The options of resumable streams, with those of the plugin; `undefined` if there are none. */
  readonly options: ResumableOptions | undefined
}

/** One answer: what is asked, the id of the chat or the thread, and its framing. */
export interface ActiveAnswer {
  readonly asked: GenerateRequest
  readonly id: string
  readonly protocol: Protocol<AnswerPart>
}

/** Answers, with a stream that `activeStreams` knows as long as it runs. */
export function answerActively(
  { generate, providerKey, onFinish, activeStreams, options }: ActiveAnswers,
  { asked, id, protocol }: ActiveAnswer,
  request: FastifyRequest,
  reply: FastifyReply
): Promise<FastifyReply> {
  return answerOwner(reply, options ?? {}, owner => {
    const tracked = trackedSource(generate, asked, request, reply, activeStreams)
    reply.sseFrom(tracked.source, {
      protocol,
      providerKey,
      // So the function of the owner is called once for each request.
      resumable: options !== undefined && { ...options, ...ownedBy(owner, options) },
      ...withAsked(onFinish, asked)
    })
    const stream = reply.getHeader('x-stream-id')
    if (typeof stream === 'string') tracked.identify({ id, owner }, stream)
    return reply
  })
}

interface ById {
  Params: { id: string }
}

/** What the routes of a running answer need. */
export interface ActiveStreamSettings {
  readonly activeStreams: TrackedStreams
  readonly options: ResumableOptions
  readonly settings: ReturnType<typeof routeSettings>
  readonly schemas: Readonly<Record<'follow' | 'stop', object>>
  /** Makes the protocol that the streams began with. */
  readonly protocol: (id: string) => Protocol<AnswerPart>
}

/** Adds `GET` of a path, which follows the running answer from its start, and `DELETE`, which stops it. */
export function addActiveStream(
  app: FastifyInstance,
  path: string,
  { activeStreams, options, settings, schemas, protocol }: ActiveStreamSettings
): void {
  app.get<ById>(path, { ...settings, schema: schemas.follow }, (request, reply) =>
    answerOwner(reply, options, async owner => {
      const { id } = request.params
      return answerKnown(reply, activeStreams.get({ id, owner }), stream => {
        if (stream === undefined) return reply.code(204).send()
        return reply.sseResume(stream, { protocol: protocol(id), ...ownedBy(owner, options) })
      })
    })
  )
  app.delete<ById>(path, { ...settings, schema: schemas.stop }, (request, reply) =>
    answerOwner(reply, options, async owner =>
      answerKnown(reply, activeStreams.get({ id: request.params.id, owner }), async stream => {
        if (stream !== undefined) await app.sseStreams.stop(stream, { owner })
        return reply.code(204).send()
      })
    )
  )
}
