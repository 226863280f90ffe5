import type { AddressInfo } from 'node:net'
import { fetchAll, open } from '../../helpers/client.js'
import { until } from '../../helpers/until.js'
import type { Checks } from '../check.js'

export const options: Checks = {
  'The source': async (t, program) => {
    const app = await program.app(t)
    const numbers = [1, 2, 3].map(n => `event: number\nid: ${n}\ndata: {"n":${n}}\n\n`).join('')
    const done = 'event: done\nid: fastify-sse-from:end\ndata: {"counted":3}\n\n'
    t.equal((await app.inject('/count')).body, numbers + done)
  },

  'Options of a stream': async (t, program) => {
    const app = await program.app(t)
    const logged = t.capture(console, 'log', () => {})
    const tokens = 'event: token\ndata: Hello\n\nevent: token\ndata:  again\n\n'
    const finish = 'event: finish\nid: fastify-sse-from:end\ndata: {}\n\n'
    t.equal((await app.inject('/parts')).body, `retry: 3000\n${tokens}${finish}`)
    t.strictSame(logged.args(), [['complete', 2]])
  },

  'Limits and deadlines': async (t, program) => {
    const app = await program.app(t)
    let running = 0
    app.get('/', (_request, reply) =>
      reply.sseFrom(async function* ({ signal }) {
        running++
        await new Promise((_resolve, reject) => signal.addEventListener('abort', reject))
      })
    )
    const headers = { 'x-user': 'ann' }
    const url = await app.listen({ port: 0, host: '127.0.0.1' })
    const clients = Array.from({ length: 5 }, () => open(url, { headers }))
    await until('as many run as the limit says', () => running === 5)
    const refused = await fetchAll(url, { headers })
    t.equal(refused.status, 429)
    t.match(refused.headers['retry-after'], /^[1-5]$/)
    for (const client of clients) client.leave()
  },

  'What became of an answer': async (t, program) => {
    const app = await program.app(t)
    await app.inject({ method: 'POST', url: '/answer', payload: { chat: 'a' } })
    t.strictSame((await app.inject('/messages')).json(), [
      { chat: 'a', text: 'Hello again', usage: { totalTokens: 2 }, outcome: 'complete', partial: false }
    ])
  },

  'What became of an answer (2)': async (t, program) => {
    const app = await program.app(t)
    const logged = t.capture(console, 'log', () => {})
    await app.listen({ port: 0 })
    const client = open(`http://localhost:${(app.server.address() as AddressInfo).port}/answer`)
    await client.has('Hello')
    client.leave()
    const lines: unknown[] = []
    await until('onFinish is called', () => lines.push(...logged.args()) > 0)
    t.strictSame(lines, [['aborted', { totalTokens: 3 }]])
  }
}
