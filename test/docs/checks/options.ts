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
  }
}
