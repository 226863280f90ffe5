import type { EventSourceMessage } from 'eventsource-parser'
import type { FastifySchema, InjectOptions } from 'fastify'
import type { Test } from 'tap'
import { END_ID } from '../../plugin/index.js'
import { parseEvents } from './client.js'
import { build, type LogLine, type ServeOptions } from './server.js'

/** The last event of a complete stream, on the wire. */
export const DONE = doneFrame('{}')

export function doneFrame(data: string): string {
  return `event: done\nid: ${END_ID}\ndata: ${data}\n\n`
}

/** The last event of a stream that failed, on the wire. */
export function errorFrame(code: string, statusCode = 500, message = 'Internal Server Error'): string {
  return `event: error\nid: ${END_ID}\ndata: ${JSON.stringify({ statusCode, code, message })}\n\n`
}

/** A complete response. */
export interface ReceivedResponse {
  status: number
  headers: Record<string, unknown>
  text: string
  /** The events that an EventSource would have dispatched. */
  events: EventSourceMessage[]
  /** The body of an error response. */
  error: { statusCode: number; code?: string; message: string }
}

export type Ask = (source: unknown, options?: object, request?: InjectOptions) => Promise<ReceivedResponse>

export interface SourceServerOptions extends ServeOptions {
  schema?: FastifySchema
}

/**
 * Creates a server without a socket, which streams any source it is given. No types check the source or the options.
 */
export function sourceServer(t: Test, { schema = {}, ...options }: SourceServerOptions = {}): Ask & { log: LogLine[] } {
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
        return JSON.parse(body) as ReceivedResponse['error']
      }
    }
  }
  return Object.assign(ask, { log })
}
