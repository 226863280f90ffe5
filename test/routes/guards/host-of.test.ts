import { once } from 'node:events'
import { connect as connect2 } from 'node:http2'
import { connect } from 'node:net'
import Fastify, { type FastifyInstance, type FastifyServerOptions, type onRequestHookHandler } from 'fastify'
import t, { type Test } from 'tap'
import { hostGuard, originGuard } from '../../../routes/index.js'

/** Serves `/` behind a guard. @returns asks with the start of a request as it is sent */
async function served(t: Test, guard: onRequestHookHandler, options: FastifyServerOptions = {}) {
  const app: FastifyInstance = Fastify(options)
  t.teardown(() => app.close())
  app.addHook('onRequest', guard)
  app.get('/', () => 'hi')
  await app.listen({ port: 0, host: '127.0.0.1' })
  const { port } = app.server.address() as { port: number }
  return async (line: string, ...headers: string[]) => {
    const socket = connect(port, '127.0.0.1').setEncoding('utf8')
    socket.write([line, ...headers, 'connection: close', '', ''].join('\r\n'))
    let answer = ''
    for await (const chunk of socket) answer += chunk
    return Number(answer.split(' ')[1])
  }
}

t.test('hostGuard judges an absolute target by its own host, whatever the header says', async t => {
  const ask = await served(t, hostGuard({ hosts: ['chat.example.com'] }))
  for (const target of [
    'http://evil.example/',
    'http://evil.example',
    'http://evil.example?a=b',
    'HTTP://Evil.example:80/',
    'https://evil.example/',
    'ws://evil.example/',
    'http://localhost@evil.example/',
    'http://localhost:80@evil.example/',
    'http://evil.example/http://localhost/',
    'http://chat.example.com.evil.example/'
  ]) {
    for (const host of ['localhost', 'chat.example.com', '127.0.0.1']) {
      t.equal(await ask(`GET ${target} HTTP/1.1`, `host: ${host}`), 421, `${target} with ${host}`)
    }
    t.equal(await ask(`GET ${target} HTTP/1.0`), 421, `${target} without a host`)
  }
  for (const target of [
    'http://localhost/',
    'HTTP://LOCALHOST.:3000/',
    'http://chat.example.com',
    'http://[::1]:3000/?a=http://evil.example/',
    'https://127.0.0.1/'
  ]) {
    for (const host of ['localhost', 'evil.example', '']) {
      t.equal(await ask(`GET ${target} HTTP/1.1`, `host: ${host}`), 200, `${target} with ${host}`)
    }
    t.equal(await ask(`GET ${target} HTTP/1.0`), 200, `${target} without a host`)
  }
})

t.test('hostGuard judges any other target by the header', async t => {
  const ask = await served(t, hostGuard({ hosts: ['chat.example.com'] }))
  for (const [line, found] of [
    ['GET / HTTP/1.1', 200],
    ['GET /?a=http://evil.example/ HTTP/1.1', 200],
    ['GET //evil.example/ HTTP/1.1', 404],
    ['OPTIONS * HTTP/1.1', 404]
  ] as const) {
    for (const host of ['chat.example.com', 'Chat.Example.com.:80', 'LOCALHOST', '[::1]', '[::1]:80', '10.0.0.1:1']) {
      t.equal(await ask(line, `host: ${host}`), found, `${line} with ${host}`)
    }
    for (const host of ['evil.example', 'chat.example.com..', '[::1].', '[::1', '::1', 'chat.example.com:x', '']) {
      t.equal(await ask(line, `host: ${host}`), 421, `${line} with ${host}`)
    }
  }
})

t.test('hostGuard believes a proxy that the app trusts, and no other', async t => {
  for (const [trustProxy, own, foreign] of [
    [true, 200, 421],
    [false, 421, 200]
  ] as const) {
    const ask = await served(t, hostGuard({ hosts: ['chat.example.com'] }), { trustProxy })
    for (const line of ['GET / HTTP/1.1', 'GET http://evil.example/ HTTP/1.1']) {
      const status = await ask(line, 'host: evil.example', 'x-forwarded-host: chat.example.com')
      t.equal(status, own, `${line}, trusted: ${trustProxy}`)
    }
    for (const line of ['GET / HTTP/1.1', 'GET http://localhost/ HTTP/1.1']) {
      const status = await ask(line, 'host: localhost', 'x-forwarded-host: evil.example')
      t.equal(status, foreign, `${line}, trusted: ${trustProxy}`)
    }
  }
})

t.test('the target as the client sent it counts, also if the app rewrites it', async t => {
  const ask = await served(t, hostGuard(), { rewriteUrl: () => '/' })
  t.equal(await ask('GET http://evil.example/ HTTP/1.1', 'host: localhost'), 421)
  t.equal(await ask('GET /other HTTP/1.1', 'host: localhost'), 200)
})

t.test('over HTTP/2, the guards judge :authority, and a host only without it', async t => {
  for (const [guard, refused] of [
    [hostGuard(), 421],
    [originGuard(), 403]
  ] as const) {
    const app = Fastify({ http2: true })
    t.teardown(() => app.close())
    app.addHook('onRequest', guard)
    app.get('/', () => 'hi')
    await app.listen({ port: 0, host: '127.0.0.1' })
    const { port } = app.server.address() as { port: number }
    const session = connect2(`http://127.0.0.1:${port}`)
    const ask = async (headers: Record<string, string>) => {
      const [answer] = await once(session.request({ ':path': '/', origin: 'http://localhost', ...headers }), 'response')
      return answer[':status']
    }
    t.equal(await ask({ ':authority': 'localhost' }), 200)
    t.equal(await ask({ ':authority': 'evil.example', host: 'localhost' }), refused)
    t.equal(await ask({ ':authority': 'localhost', host: 'evil.example' }), 200)
    t.equal(await ask({ host: 'localhost' }), 200)
    t.equal(await ask({ host: 'evil.example' }), refused)
    session.destroy()
  }
})

t.test('originGuard takes the host of an absolute target for its own', async t => {
  const ask = await served(t, originGuard())
  const target = 'GET http://chat.example.com/ HTTP/1.1'
  t.equal(await ask(target, 'host: chat.example.com', 'origin: http://chat.example.com'), 200)
  t.equal(await ask(target, 'host: evil.example', 'origin: http://chat.example.com'), 200)
  t.equal(await ask(target, 'host: evil.example', 'origin: http://evil.example'), 403)
  t.equal(await ask('GET / HTTP/1.0', 'origin: http://evil.example'), 403, 'without a host, no origin is its own')
  t.equal(await ask('GET / HTTP/1.0'), 200)
})
