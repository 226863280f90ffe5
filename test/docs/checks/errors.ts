import Fastify, { type FastifyPluginAsync } from 'fastify'
import type { Checks } from '../check.js'

export const errors: Checks = {
  'reply.sseFrom is not a function': async (t, program) => {
    const { chat } = await program.load<{ chat: FastifyPluginAsync }>('chat')
    const app = await program.app(t)
    t.match((await app.inject('/chat')).body, 'data: Hello\n\n')
    await t.rejects(async () => void (await Fastify().register(chat)), /'sseFrom' required by 'chat'/)
  }
}
