import type { EventSourceMessage } from 'eventsource-parser'
import type { FastifySchema, InjectOptions } from 'fastify'
import type { Test } from 'tap'
import { END_ID } from '../../plugin/index.js'
import { parseEvents } from './client.js'
import { build, type LogLine, type ServeOptions } from './server.js'

/** The last event of a complete stream, as it is on the wire. */
export const DONE = doneFrame('{}')

export function doneFrame(data: string): string {
  return `event: done\nid: ${END_ID}\ndata: ${data}\n\n`
}

/** The last event of a stream that the plugin refused to go on with, as it is on the wire. */
export function errorFrame(code: string, statusCode = 500, message = 'Internal Server Error'): string {
  return `event: error\nid: ${END_ID}\ndata: ${JSON.stringify({ statusCode, code, message })}\n\n`
}

/** A whole response. */
export interface Answer {
  status: number
  headers: Record<string, unknown>
  text: string
  /** What an EventSource would have dispatched. */
  events: EventSourceMessage[]
  /** What an error response says. */
  error: { statusCode: number; code?: string; message: string }
}

export type Ask = (source: unknown, options?: object, request?: InjectOptions) => Promise<Answer>

export interface AnswerOptions extends ServeOptions {
  schema?: FastifySchema
}

/** A server without a socket, which streams whatever it is handed. Neither source nor options are checked by types. */
export function answers(t: Test, { schema = {}, ...options }: AnswerOptions = {}): Ask & { log: LogLine[] } {
  const { app, log } = build(t, options)
  const given: { source: unknown; options: object | undefined }[] = []
  app.get<{ Params: { index: number } }>('/:index', { schema }, (request, reply) => {
    const { source, options } = given[request.params.index] as (typeof given)[number]
    return reply.sseFrom(source as string[], options as { map?: undefined })
  })
  const ask: Ask = async (source, options, request = {}) => {
    const url = `/${given.push({ source, options }) - 1}`
    const { statusCode, headers, body } = await app.inject({ ...request, url })
    return {
      status: statusCode,
      headers,
      text: body,
      events: parseEvents(body),
      get error() {
        return JSON.parse(body) as Answer['error']
      }
    }
  }
  return Object.assign(ask, { log })
}
