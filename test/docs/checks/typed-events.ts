import type { Checks } from '../check.js'

export const typedEvents: Checks = {
  'Typed events': async (t, program) => {
    const app = await program.app(t)
    t.equal(
      (await app.inject('/typed')).body,
      'data: Hello\n\nevent: usage\ndata: {"tokens":1}\n\n' +
        'event: done\nid: fastify-sse-from:end\ndata: {"finishReason":"stop"}\n\n'
    )
  },

  'JSON for clients that cannot stream': async (t, program) => {
    const app = await program.app(t)
    const whole = await app.inject({ url: '/answer', headers: { accept: 'application/json' } })
    t.strictSame([whole.statusCode, whole.headers.vary], [200, 'accept'])
    t.strictSame(whole.json(), { text: 'Hello again', finishReason: 'stop' })
    t.match((await app.inject('/answer')).body, /^data: Hello\n\n/)
  },

  'Other libraries': async (t, program) => {
    const app = await program.app(t)
    t.equal(
      (await app.inject('/typed?prompt=hi')).body,
      'data: You said hi\n\nevent: usage\ndata: {"tokens":3}\n\n' +
        'event: done\nid: fastify-sse-from:end\ndata: {"finishReason":"stop"}\n\n'
    )
    t.equal((await app.inject('/typed')).statusCode, 400)
    const { content } = (app.swagger() as unknown as Document).paths['/typed'].get.responses[200]
    t.match(content, { 'text/event-stream': { schema: { type: 'array' }, itemSchema: { type: 'object' } } })
  }
}

interface Document {
  paths: { '/typed': { get: { responses: { 200: { content: object } } } } }
}
