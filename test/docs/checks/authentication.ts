import '@fastify/jwt'
import { startChromium, visit } from '../../helpers/chromium.js'
import type { Checks } from '../check.js'

export const authentication: Checks = {
  'Cookies, tokens and EventSource': async (t, program) => {
    const app = await program.app(t)
    app.get('/', (_request, reply) => reply.type('text/html').send('<title>page</title>'))
    const url = await app.listen({ host: '127.0.0.1', port: 0 })
    const browser = await startChromium(t)

    const { page } = await visit(t, browser, url)
    t.strictSame(await page.evaluate(listen, '/answer'), ['closed'], 'without a token')
    await page.evaluate(async () => void (await fetch('/sign-in', { method: 'POST' })))
    t.strictSame(await page.evaluate(listen, '/answer'), ['Hello', '{}'], 'with a cookie')
    const ticket = await page.evaluate(async () => {
      const response = await fetch('/tickets', { method: 'POST' })
      return ((await response.json()) as { ticket: string }).ticket
    })

    const { page: other } = await visit(t, browser, url)
    t.strictSame(await other.evaluate(listen, `/answer?ticket=${ticket}`), ['Hello', '{}'], 'with a ticket')
    t.strictSame(await other.evaluate(listen, '/answer?ticket=forged.forged.forged'), ['closed'])

    const token = { authorization: `Bearer ${app.jwt.sign({ sub: 'user-1' })}` }
    const { headers, body } = await app.inject({ url: '/answer', headers: token })
    t.match(body, 'data: Hello\n\n')
    const rest = { 'last-event-id': `${headers['x-stream-id']}:1` }
    t.match((await app.inject({ url: `/answer?ticket=${ticket}`, headers: rest })).body, 'event: done')
    const stranger = app.jwt.sign({ sub: 'user-2' })
    t.equal((await app.inject({ url: `/answer?ticket=${stranger}`, headers: rest })).statusCode, 404)
    t.equal((await app.inject('/answer')).statusCode, 401)
    t.equal((await app.inject({ url: '/tickets', method: 'POST' })).statusCode, 401)
    t.equal((await app.inject('/answer?ticket=forged.forged.forged')).statusCode, 401)
  },

  'A ticket for the ready routes': async (t, program) => {
    const app = await program.app(t)
    app.get('/', (_request, reply) => reply.type('text/html').send('<title>page</title>'))
    const url = await app.listen({ host: '127.0.0.1', port: 0 })
    const { page } = await visit(t, await startChromium(t), url)
    const ticket = app.jwt.sign({ sub: 'user-1' })
    const done = '{"finishReason":"stop"}'
    t.strictSame(await page.evaluate(listen, `/stream?prompt=hi&ticket=${ticket}`), ['Hello', done])
    t.strictSame(await page.evaluate(listen, '/stream?prompt=hi&ticket=forged.forged.forged'), ['closed'])
    t.strictSame(await page.evaluate(listen, '/stream?prompt=hi'), ['closed'])
    t.equal((await app.inject('/stream?prompt=hi')).statusCode, 401)
    t.equal((await app.inject(`/stream?prompt=hi&tickets=${ticket}`)).statusCode, 400)

    const { headers } = await app.inject(`/stream?prompt=hi&ticket=${ticket}`)
    const byId = `/stream/${headers['x-stream-id']}`
    t.match((await app.inject(`${byId}?ticket=${ticket}`)).body, 'data: Hello\n\n')
    t.equal((await app.inject(`${byId}?ticket=${app.jwt.sign({ sub: 'user-2' })}`)).statusCode, 404)
    t.equal((await app.inject({ url: `${byId}?ticket=${ticket}`, method: 'DELETE' })).statusCode, 204)
  }
}

/** Runs in the page: what an EventSource receives, until its stream is done or it gives up. */
function listen(url: string): Promise<string[]> {
  return new Promise(resolve => {
    const all: string[] = []
    const source = new EventSource(url)
    const end = (last: string) => {
      source.close()
      resolve([...all, last])
    }
    source.onmessage = ({ data }) => all.push(data)
    source.addEventListener('done', event => end((event as unknown as { data: string }).data))
    source.onerror = () => {
      if (source.readyState === EventSource.CLOSED) end('closed')
    }
  })
}
