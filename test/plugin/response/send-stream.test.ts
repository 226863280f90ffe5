import { request } from 'node:http'
import type { FastifyReply } from 'fastify'
import t from 'tap'
import { logEarlyClose, sendsAsIs } from '../../../plugin/response/fastify-internals.js'
import { fetchAll, open } from '../../helpers/client.js'
import { serve } from '../../helpers/server.js'
import { until } from '../../helpers/until.js'

async function* ab() {
  yield 'a'
  yield 'b'
}

t.test('a stream without hooks has the same head and body as one with them', async t => {
  for (const http2 of [false, true]) {
    const { url } = await serve(
      t,
      app => {
        app.addHook('onRequest', async (_request, reply) => {
          reply.raw.setHeader('x-raw', 'raw')
          reply.header('set-cookie', ['a=1', 'b=2'])
        })
        const handler = (_request: unknown, reply: FastifyReply) => reply.code(201).header('x-own', 7).sseFrom(ab)
        app.get('/none', handler)
        app.get('/hooked', { onSend: async () => {} }, handler)
      },
      { http2 }
    )
    const [none, hooked] = [await fetchAll(`${url}/none`, { http2 }), await fetchAll(`${url}/hooked`, { http2 })]
    t.equal(none.status, 201)
    t.equal(none.text(), hooked.text())
    t.match(none.headers, { 'x-raw': 'raw', 'x-own': '7', 'set-cookie': ['a=1', 'b=2'] })
    t.strictSame({ ...none.headers, date: '' }, { ...hooked.headers, date: '' })
  }
})

t.test('a stream goes through what stands in place of reply.send', async t => {
  const sent: unknown[] = []
  const { url } = await serve(t, app => {
    app.addHook('onRequest', async (_request, reply) => {
      const { send } = reply
      reply.send = function (this: FastifyReply, payload: unknown) {
        sent.push(typeof payload)
        return send.call(this, payload)
      }
    })
    app.get('/', (_request, reply) => reply.sseFrom(ab))
  })
  t.match((await fetchAll(url)).text(), 'data: b\n\n')
  t.strictSame(sent, ['object'])
})

t.test('trailers of the handler arrive', async t => {
  const { port } = await serve(t, app => {
    app.get('/', (_request, reply) => reply.trailer('x-count', async () => '2').sseFrom(ab))
  })
  const response = await new Promise<import('node:http').IncomingMessage>((resolve, reject) => {
    request({ port, host: '127.0.0.1' }, resolve).on('error', reject).end()
  })
  let text = ''
  for await (const chunk of response) text += chunk
  t.match(text, 'data: b\n\n')
  t.strictSame(response.trailers, { 'x-count': '2' })
})

t.test('a status without a body has none', async t => {
  const { url } = await serve(t, app => {
    app.get('/', (_request, reply) => reply.code(204).sseFrom(ab))
  })
  const { status, text, ended } = await fetchAll(url)
  t.strictSame([status, text(), ended], [204, '', 'clean'])
})

t.test('a head that the handler writes itself is sent once', async t => {
  const { url } = await serve(t, app => {
    app.get('/before', (_request, reply) => {
      reply.raw.writeHead(202, { 'content-type': 'text/plain' })
      return reply.sseFrom(ab)
    })
    app.get('/after', (_request, reply) => {
      reply.sseFrom(ab)
      reply.raw.writeHead(202, { 'content-type': 'text/plain' })
      return reply
    })
  })
  for (const path of ['/before', '/after']) {
    const client = await fetchAll(url + path)
    t.equal(client.status, 202, path)
    t.equal(client.headers['content-type'], 'text/plain', path)
    t.match(client.text(), /data: a\n\ndata: b\n\n/, path)
  }
})

t.test('a reply that is hijacked before its stream is there gets no stream', async t => {
  let reply: FastifyReply | undefined
  const { url, log } = await serve(t, app => {
    app.get('/', (_request, given) => {
      given.sseFrom(ab, { resumable: { owner: async () => 'me' } })
      given.hijack()
      reply = given
    })
  })
  const answer = fetchAll(url)
  await until('Fastify has refused it', () => log.some(({ err }) => err?.code === 'FST_ERR_REP_ALREADY_SENT'))
  reply?.raw.end('own')
  t.equal((await answer).text(), 'own')
})

t.test('a client that leaves is logged as Fastify does it, with and without hooks', async t => {
  const { url, log } = await serve(t, app => {
    async function* waits() {
      yield 'a'
      await new Promise(() => {})
    }
    app.get('/none', (_request, reply) => reply.sseFrom(waits))
    app.get('/hooked', { onSend: async () => {} }, (_request, reply) => reply.sseFrom(waits))
  })
  const lines: unknown[] = []
  for (const path of ['/none', '/hooked']) {
    log.length = 0
    const client = open(url + path)
    await client.has('data: a')
    client.leave()
    await until('both lines are there', () => log.filter(({ msg }) => /^stream closed/.test(msg)).length === 2)
    const line = log.find(({ msg }) => msg === 'stream closed prematurely')
    lines.push({ ...line, reqId: '', time: 0 })
  }
  t.strictSame(lines[0], lines[1])
})

t.test('a version of Fastify that keeps these things elsewhere sends and logs the streams itself', t => {
  const other = { request: {}, server: {} } as FastifyReply
  t.notOk(sendsAsIs(other))
  t.doesNotThrow(() => logEarlyClose(other))
  t.end()
})
