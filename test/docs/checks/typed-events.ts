import type { Checks } from '../check.js'

export const typedEvents: Checks = {
  'Typed events': async (t, program) => {
    const app = await program.app(t)
    t.equal(
      (await app.inject('/typed')).body,
      'data: Hello\n\nevent: usage\ndata: {"tokens":1}\n\n' +
        'event: done\nid: fastify-sse-from:end\ndata: {"finishReason":"stop"}\n\n'
    )
  }
}
