import Fastify, { type FastifyPluginAsync } from 'fastify'
import { startChromium, visit } from '../../helpers/chromium.js'
import { serve } from '../../helpers/server.js'
import type { Checks } from '../check.js'

export const errors: Checks = {
  'How an error reaches a page': async (t, { code }) => {
    const browser = await startChromium(t)
    for (const [end, shown] of Object.entries({
      done: 'Hello',
      fail: 'Hello' + 'failed: 429 not so fast',
      break: 'Hello' + 'the connection is lost, trying again',
      refuse: 'refused: sign in, or try again later'
    })) {
      const { url } = await serve(t, app => {
        app.get('/', (_request, reply) => reply.type('text/html').send(`<output></output><script>${code}</script>`))
        app.get('/stream', (_request, reply) => {
          if (end === 'refuse') return reply.code(401).send()
          return reply.sseFrom(async function* () {
            yield 'Hello'
            if (end === 'fail') throw Object.assign(new Error('not so fast'), { statusCode: 429 })
            if (end === 'break') reply.raw.destroy()
          })
        })
      })
      const { page, offences } = await visit(t, browser, url)
      await t.resolves(page.getByText(shown).first().waitFor({ timeout: 10_000 }), end)
      t.strictSame(offences, [])
    }
  },

  'reply.sseFrom is not a function': async (t, program) => {
    const { chat } = await program.load<{ chat: FastifyPluginAsync }>('chat')
    const app = await program.app(t)
    t.match((await app.inject('/chat')).body, 'data: Hello\n\n')
    await t.rejects(async () => void (await Fastify().register(chat)), /'sseFrom' required by 'chat'/)
  }
}
