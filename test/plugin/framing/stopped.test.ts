import type { FastifyRequest } from 'fastify'
import t from 'tap'
import { type Protocol, StreamAbort } from '../../../plugin/index.js'
import { open } from '../../helpers/client.js'
import { serve } from '../../helpers/server.js'

/** A protocol that has no event for a stop, nor for an error. */
const speechless: Protocol = {
  start: () => ({
    item: (item: unknown) => ({ data: item }),
    end: () => undefined,
    error() {
      throw new Error('there is no event for an error')
    }
  })
}

/** A protocol that cannot be started twice. */
function oneStart(): Protocol {
  let isStarted = false
  return {
    start() {
      if (isStarted) throw new Error('it has started already')
      isStarted = true
      return speechless.start()
    }
  }
}

async function* endless() {
  yield 'token'
  await new Promise(() => {})
}

/** The end must not look like that of a complete answer (E4). */
const END = /event: error\n[\s\S]*"code":"FST_SSE_STREAM_STOPPED"/

t.test('a stopped stream whose protocol has no words for it ends with an error of the plugin', async t => {
  const controller = new AbortController()
  const { url, log } = await serve(t, app => {
    app.get('/', (_request, reply) =>
      reply.sseFrom(() => endless(), { protocol: speechless, signal: controller.signal })
    )
  })
  const client = open(url)
  await client.has('token')
  controller.abort(new StreamAbort('stopped'))
  await client.end()
  t.match(client.text(), END)
  t.ok(log.some(({ err }) => err?.message === 'there is no event for an error'))
})

t.test('a stopped response to a stream whose protocol cannot start again ends with an error of the plugin', async t => {
  const controller = new AbortController()
  const protocol = oneStart()
  const { url, log } = await serve(t, app => {
    app.get('/', (_request, reply) =>
      reply.sseFrom(() => endless(), { protocol, resumable: { onDisconnect: 'continue' } })
    )
    app.get('/:id', ({ params }: FastifyRequest<{ Params: { id: string } }>, reply) =>
      reply.sseResume(params.id, { protocol, signal: controller.signal })
    )
  })
  const first = open(url)
  await first.has('token')
  const client = open(`${url}/${first.headers['x-stream-id']}`)
  await client.has('token')
  controller.abort(new StreamAbort('stopped'))
  await client.end()
  t.match(client.text(), END)
  t.ok(log.some(({ err }) => err?.message === 'it has started already'))
})
