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

  'OpenAPI with sign-in': async (t, program) => {
    const app = await program.app(t)
    await app.ready()
    const { paths } = app.swagger() as unknown as { paths: Record<string, Record<string, Operation>> }
    const secured = Object.entries(paths).flatMap(([path, methods]) =>
      Object.entries(methods).map(([method, { security }]) => [method, path, security?.length])
    )
    t.strictSame(secured, [
      ['get', '/typed', 1],
      ['get', '/stream', 1],
      ['post', '/stream', 1],
      ['get', '/stream/{id}', 1],
      ['delete', '/stream/{id}', 1]
    ])
    const responses = paths['/typed']?.get?.responses
    t.match(responses, { 200: { headers: { 'x-stream-id': {} } }, 401: { description: 'Sign in first' } })
    t.strictSame(Object.keys(paths['/stream']?.post?.responses ?? {}).sort(), [
      ...['200', '204', '401', '403', '429', '4XX', '503', '5XX']
    ])
    t.match((await app.inject('/typed')).body, 'data: Hello')
    t.match((await app.inject('/stream?prompt=hi')).body, 'data: Hello')
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

interface Operation {
  security?: object[]
  responses: Record<string, object>
}

interface Document {
  paths: { '/typed': { get: { responses: { 200: { content: object } } } } }
}
