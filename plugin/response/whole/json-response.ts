import { Readable } from 'node:stream'
import type { FastifyReply } from 'fastify'
import { FST_SSE_CLOSING, FST_SSE_STREAM_STOPPED } from '../../errors.js'
import { jsonBodyOf } from '../../framing/json-body.js'
import { StreamAbort } from '../../source/stream-abort.js'
import type { Asked } from '../asked-replies.js'
import { toErrorResponse } from '../error-response.js'
import { sendOwn } from '../forgotten-return.js'
import { JSON_UTF_8 } from '../negotiate.js'
import { onOver } from '../raw-response.js'
import type { Summary } from '../summary/summary.js'
import { type CollectedRun, type CollectParts, collect } from './collect.js'

/** The parts of a response with one JSON body. */
export interface JsonResponseParts extends CollectParts {
  readonly asked: Asked
  readonly run: CollectedRun<{ readonly value: unknown }>
  readonly summary: Summary
}

/**
 * Answers one request with a JSON body, in place of a stream: with its status, and with that of whatever fails (E1).
 * Its source is never started for a HEAD request (S3), and is cancelled when the client leaves (S2).
 */
export function sendCollected(parts: JsonResponseParts): FastifyReply {
  const { reply, asked, run, summary } = parts
  if (reply.request.method === 'HEAD') {
    run.close(new StreamAbort('left'))
    summary.expect('skipped')
    return sendOwn(reply.type(JSON_UTF_8), asked, Readable.from([]))
  }
  void answer(parts)
  return reply
}

async function answer(parts: JsonResponseParts): Promise<void> {
  const { reply, asked, run, summary } = parts
  try {
    const body = await collect(run, parts)
    if (body === undefined) summary.expect('aborted')
    else sendBody(parts, body.value)
  } catch (thrown) {
    const error = thrown as Error
    summary.expect(outcomeOf(error), error)
    sendOwn(reply, asked, error)
  }
}

/** @throws FST_SSE_BODY_INVALID */
function sendBody({ reply, asked, summary }: JsonResponseParts, value: unknown): void {
  const { accept, serialize } = jsonBodyOf(reply)
  let body: unknown
  try {
    body = accept(value)
  } catch (error) {
    throw toErrorResponse(reply, error as Error)
  }
  // A hook may fail, or what writes the body.
  asked.stream = {
    replaceBy(error) {
      summary.outcome = error === undefined ? 'aborted' : 'error'
      summary.error = error
    }
  }
  onOver(reply.raw, () => {
    summary.bytes = Number(reply.getHeader('content-length') ?? 0)
  })
  summary.expect('complete')
  reply.type(JSON_UTF_8)
  if (typeof body === 'object' && body !== null) {
    // The schema says nothing of what a hook has made of the body.
    if (serialize !== undefined) reply.serializer(sent => (sent === body ? serialize(sent) : JSON.stringify(sent)))
    sendOwn(reply, asked, body)
  } else {
    // Fastify would send a string as it is, and nothing for null.
    sendOwn(reply.serializer(String), asked, (serialize ?? JSON.stringify)(body))
  }
}

function outcomeOf(error: Error) {
  if (error instanceof FST_SSE_STREAM_STOPPED) return 'stopped'
  return error instanceof FST_SSE_CLOSING ? 'closed' : 'error'
}
