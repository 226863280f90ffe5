import { PassThrough, pipeline, Readable, Transform, Writable } from 'node:stream'
import { createGzip } from 'node:zlib'
import t from 'tap'
import { fetchAll } from '../../helpers/client.js'
import { serve } from '../../helpers/server.js'
import { until } from '../../helpers/until.js'

/** What an onSend hook can make of the body of a response. */
const hooks: Record<string, (body: Readable) => unknown> = {
  'a pipe': body => body.pipe(new PassThrough()),
  'a transform': body =>
    body.pipe(
      new Transform({ transform: (chunk, _encoding, callback) => callback(null, String(chunk).toUpperCase()) })
    ),
  'several pipes': body => body.pipe(new PassThrough()).pipe(new PassThrough()).pipe(createGzip()),
  'a pipe beside it': body => {
    body.pipe(new PassThrough()).resume()
    return body
  },
  'a Writable beside it': body => {
    body.pipe(new Writable({ write: (_chunk, _encoding, callback) => callback() }))
    return body
  },
  'a pipeline': body => pipeline(body, new PassThrough(), () => {}),
  compose: body => body.compose(new PassThrough()),
  'a loop': body =>
    Readable.from(
      (async function* () {
        yield* body
      })()
    ),
  'a web stream': body => Readable.toWeb(body)
}

for (const http2 of [false, true]) {
  for (const resumable of [false, true]) {
    const what = `${resumable ? 'resumable' : 'plain'}, over ${http2 ? 'HTTP/2' : 'HTTP/1.1'}`
    t.test(`an early failure gets through what hooks make of a body (${what})`, async t => {
      let hook: (body: Readable) => unknown = body => body
      const { url } = await serve(
        t,
        app => {
          app.addHook('onSend', async (_request, _reply, body) => (body instanceof Readable ? hook(body) : body))
          app.get('/', (_request, reply) =>
            reply.sseFrom(
              async function* () {
                await new Promise(resolve => setImmediate(resolve))
                yield* []
                throw Object.assign(new Error('slow down'), { status: 429 })
              },
              { resumable }
            )
          )
        },
        { http2 }
      )
      for (const [name, make] of Object.entries(hooks)) {
        hook = make
        const client = await fetchAll(url, { http2 })
        t.equal(client.status, 429, name)
        t.equal(client.ended, 'clean', name)
        t.match(JSON.parse(client.text()), { statusCode: 429, message: 'slow down' }, name)
      }
    })
  }

  t.test(`a response is broken off if nobody hears of its failure, over ${http2 ? 'HTTP/2' : 'HTTP/1.1'}`, async t => {
    const outcomes: string[] = []
    const { url } = await serve(
      t,
      app => {
        app.addHook('onSend', async (_request, _reply, body) => {
          const own = new PassThrough()
          ;(body as Readable).on('data', chunk => own.write(chunk)).on('end', () => own.end())
          return own
        })
        app.get('/', (_request, reply) =>
          reply.sseFrom(
            () => {
              throw new Error('no')
            },
            { onClose: ({ outcome }) => outcomes.push(outcome) }
          )
        )
      },
      { http2 }
    )
    t.equal((await fetchAll(url, { http2 })).ended, 'broken')
    await until('onClose was called', () => outcomes.length)
    t.same(outcomes, ['error'])
  })
}
