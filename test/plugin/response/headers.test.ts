import cookie from '@fastify/cookie'
import type { FastifyReply } from 'fastify'
import t from 'tap'
import { fetchAll, type OpenOptions, open } from '../../helpers/client.js'
import { serve } from '../../helpers/server.js'
import { Steps } from '../../helpers/steps.js'
import { until } from '../../helpers/until.js'

/** Node reads header values as Latin-1, but clients send UTF-8. */
function utf8Header(text: string): string {
  return Buffer.from(text).toString('latin1')
}

for (const http2 of [false, true]) {
  t.test(`the head of a stream over ${http2 ? 'HTTP/2' : 'HTTP/1.1'}`, async t => {
    const get = (url: string, options: OpenOptions = {}) => fetchAll(url, { http2, ...options })

    t.test('has the content type, and keeps caches and proxies from storing, changing or delaying it', async t => {
      const { url } = await serve(t, app => app.get('/', (_request, reply) => reply.sseFrom(['a'])), { http2 })
      const { status, headers, ended } = await get(url)
      t.equal(status, 200)
      t.equal(headers['content-type'], 'text/event-stream')
      t.equal(headers['cache-control'], 'no-cache, no-transform')
      t.equal(headers['x-accel-buffering'], 'no')
      t.equal(headers.incremental, '?1')
      t.equal(headers['content-length'], undefined)
      t.equal(ended, 'clean')
    })

    t.test('has no connection header beyond those of HTTP itself', async t => {
      const { url } = await serve(
        t,
        app => {
          app.get('/', (_request, reply) => reply.sseFrom(['a']))
          app.get('/plain', (_request, reply) => reply.send('a'))
        },
        { http2 }
      )
      const { headers } = await get(url)
      const plain = await get(`${url}/plain`)
      t.equal(headers.connection, plain.headers.connection)
      t.equal(headers['keep-alive'], plain.headers['keep-alive'])
      if (http2) {
        t.notOk('connection' in headers)
        t.notOk('transfer-encoding' in headers)
      }
    })

    t.test('has the status that the handler set', async t => {
      const { url } = await serve(t, app => app.get('/', (_request, reply) => reply.code(201).sseFrom(['a'])), {
        http2
      })
      const { status, headers } = await get(url)
      t.equal(status, 201)
      t.equal(headers['content-type'], 'text/event-stream')
    })

    t.test('keeps the headers that the handler set', async t => {
      const own = {
        'content-type': 'text/event-stream; charset=utf-8',
        'cache-control': 'no-store, no-transform, no-cache',
        'x-accel-buffering': 'yes',
        incremental: '?0'
      }
      const { url } = await serve(
        t,
        app => {
          app.get('/', (_request, reply) => reply.headers(own).sseFrom(['a']))
          app.get('/upper', (_request, reply) => reply.header('Cache-Control', 'no-store').sseFrom(['a']))
          app.get('/type', (_request, reply) => reply.type('text/plain').sseFrom(['a']))
        },
        { http2 }
      )
      t.match((await get(url)).headers, own)
      t.equal((await get(`${url}/upper`)).headers['cache-control'], 'no-store, no-cache, no-transform')
      t.match((await get(`${url}/type`)).headers['content-type'], /^text\/plain/)
    })

    t.test('has the headers and cookies of the handler and of every hook', async t => {
      const { url } = await serve(
        t,
        async app => {
          app.register(cookie)
          await app.after()
          for (const hook of ['onRequest', 'preParsing', 'preValidation', 'preHandler', 'onSend'] as const) {
            app.addHook(hook, async (_request: unknown, reply: FastifyReply) => {
              reply.header(`x-${hook.toLowerCase()}`, hook).setCookie(hook, '1')
            })
          }
          app.get('/', (_request, reply) => reply.header('x-handler', 'a').setCookie('handler', '1').sseFrom(['a']))
        },
        { http2 }
      )
      const { headers, text } = await get(url)
      t.match(headers, {
        'x-onrequest': 'onRequest',
        'x-preparsing': 'preParsing',
        'x-prevalidation': 'preValidation',
        'x-prehandler': 'preHandler',
        'x-onsend': 'onSend',
        'x-handler': 'a'
      })
      const cookies = ['onRequest', 'preParsing', 'preValidation', 'preHandler', 'handler', 'onSend']
      t.same(
        headers['set-cookie'],
        cookies.map(name => `${name}=1; SameSite=Lax`)
      )
      t.match(text(), 'data: a\n\n')
    })

    t.test('keeps the headers that hooks set before and after', async t => {
      const { url } = await serve(
        t,
        app => {
          app.addHook('onRequest', async (_request, reply) => {
            reply.header('cache-control', 'no-store')
          })
          app.addHook('onSend', async (_request, reply) => {
            reply.header('x-accel-buffering', 'yes')
          })
          app.get('/', (_request, reply) => reply.sseFrom(['a']))
        },
        { http2 }
      )
      t.match((await get(url)).headers, {
        'cache-control': 'no-store, no-cache, no-transform',
        'x-accel-buffering': 'yes'
      })
    })

    t.test('does not change a response without a stream', async t => {
      const { url } = await serve(
        t,
        app => {
          app.get('/', (_request, reply) => reply.send({ a: 1 }))
        },
        { http2 }
      )
      const { headers } = await get(url)
      t.match(headers['content-type'], 'application/json')
      t.notOk('x-accel-buffering' in headers)
    })

    t.test('gives way to the head of an error response', async t => {
      const { url } = await serve(
        t,
        app => {
          app.get('/', (_request, reply) =>
            reply.sseFrom(() => {
              throw Object.assign(new Error('slow down'), { statusCode: 429 })
            })
          )
        },
        { http2, plugin: { retry: 5 } }
      )
      const { status, headers, text } = await get(url)
      t.equal(status, 429)
      t.equal(headers['content-type'], 'application/json; charset=utf-8')
      t.same(JSON.parse(text()), { statusCode: 429, error: 'Too Many Requests', message: 'slow down' })
    })

    t.test('waits for the first event', async t => {
      const steps = new Steps()
      const { url } = await serve(
        t,
        app => {
          app.get('/', (_request, reply) =>
            reply.sseFrom(async function* () {
              await steps.next()
              yield 'a'
            })
          )
        },
        { http2, plugin: { commitAfter: 2 ** 30 } }
      )
      const client = open(url, { http2 })
      const other = await get(`${url}/none`)
      t.equal(other.status, 404)
      t.equal(client.status, undefined)
      steps.go()
      await client.has('data: a\n\n')
      t.equal(client.status, 200)
      await client.end()
    })

    t.test('comes without an event once commitAfter is over', async t => {
      const steps = new Steps()
      const { url } = await serve(
        t,
        app => {
          app.get('/', (_request, reply) =>
            reply.sseFrom(async function* () {
              await steps.next()
              yield 'a'
            })
          )
        },
        { http2, plugin: { commitAfter: 1, heartbeat: false, retry: 5 } }
      )
      const client = open(url, { http2 })
      await client.head()
      t.equal(client.status, 200)
      await client.has(':')
      t.equal(client.text(), 'retry: 5\n:\n')
      steps.go()
      await client.end()
      t.match(client.text(), /^retry: 5\n:\ndata: a\n\nevent: done\n/)
    })

    t.test('is followed by the retry of the options, once', async t => {
      const { url } = await serve(
        t,
        app => {
          app.get('/', (_request, reply) => reply.sseFrom(['a', 'b']))
          app.get('/none', (_request, reply) => reply.sseFrom([]))
          app.get('/own', (_request, reply) => reply.sseFrom(['a'], { retry: 0 }))
        },
        { http2, plugin: { retry: 3000 } }
      )
      const whole = (await get(url)).text()
      t.match(whole, /^retry: 3000\ndata: a\n\ndata: b\n\nevent: done\n/)
      t.equal(whole.split('retry:').length, 2)
      t.match((await get(`${url}/none`)).text(), /^retry: 3000\nevent: done\n/)
      t.match((await get(`${url}/own`)).text(), /^retry: 0\ndata: a\n\n/)
    })

    t.test('is not followed by a retry without the option', async t => {
      const { url } = await serve(t, app => app.get('/', (_request, reply) => reply.sseFrom(['a'])), { http2 })
      t.notMatch((await get(url)).text(), 'retry')
    })

    t.test('the source gets the Last-Event-ID of the client unchanged', async t => {
      const seen: (string | undefined)[] = []
      const { url } = await serve(
        t,
        app => {
          app.get('/', (_request, reply) =>
            reply.sseFrom(({ lastEventId }) => {
              seen.push(lastEventId)
              return []
            })
          )
        },
        { http2 }
      )
      for (const id of ['7', 'é', '日本 😀', 'a,b', '%20'])
        await get(url, { headers: { 'last-event-id': utf8Header(id) } })
      await get(url, { headers: { 'last-event-id': '' } })
      await get(url)
      await until('every source was started', () => seen.length === 7)
      t.same(seen, ['7', 'é', '日本 😀', 'a,b', '%20', undefined, undefined])
    })
  })
}
