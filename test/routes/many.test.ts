import Fastify, { type FastifyInstance } from 'fastify'
import t from 'tap'
import { type Generate, openAiRoutes, streamRoutes } from '../../routes/index.js'

const generate: Generate = async function* () {
  yield 'hi'
  return { finishReason: 'stop' }
}

for (const http2 of [false, true]) {
  t.test(`many ready routes in one app warn of no leak, over ${http2 ? 'HTTP/2' : 'HTTP/1.1'}`, async t => {
    const warnings: Error[] = []
    const onWarning = (warning: Error) => warnings.push(warning)
    process.on('warning', onWarning)
    t.teardown(() => process.off('warning', onWarning))
    for (const limit of [10, 0]) {
      const app = Fastify(http2 ? ({ http2 } as object) : {}) as FastifyInstance
      t.teardown(() => app.close())
      app.server.setMaxListeners(limit)
      for (let i = 0; i < 20; i++) {
        await app.register(streamRoutes, { generate, prefix: `/${i}` })
        await app.register(openAiRoutes, { generate, models: ['a'], prefix: `/${i}` })
      }
      await app.ready()
      t.equal((await app.inject('/19/stream?prompt=hi')).statusCode, 200)
      t.equal((await app.inject('/0/v1/models')).statusCode, 200)
      await app.close()
    }
    await new Promise(resolve => setImmediate(resolve))
    t.same(warnings, [])
  })
}
