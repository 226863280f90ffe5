import type { Checks } from '../check.js'

export const protocols: Checks = {
  Protocols: async (t, program) => {
    const app = await program.app(t)
    const { body } = await app.inject({ method: 'POST', url: '/v1/messages' })
    t.match(body, /^event: message_start\n.+"text":"Hello".+"text":" again".+event: message_stop\n/s)
  },

  'Protocols (2)': async (t, program) => {
    const app = await program.app(t)
    const { body } = await app.inject({ method: 'POST', url: '/agent', body: { threadId: 't1', runId: 'r1' } })
    t.match(body, /^data: \{"type":"RUN_STARTED","threadId":"t1","runId":"r1"\}\n.+"They greet me.".+"Hello"/s)
    t.match(body, /"type":"RUN_FINISHED","threadId":"t1","runId":"r1","outcome":\{"type":"success"\}.+\n\n$/)
  },

  'A protocol of your own': async (t, program) => {
    const app = await program.app(t)
    const { body, headers } = await app.inject('/lines')
    t.equal(headers['x-protocol'], 'lines')
    t.equal(body, 'data: {"token":"Hello"}\n\ndata: {"token":" again"}\n\ndata: {"over":true}\n\n')
  }
}
