import Fastify from 'fastify'
import { openAiRoutes, streamRoutes, textGenerate } from '../../routes/index.js'
import { sources } from '../source.js'
import { host } from './host.js'

const generate = textGenerate(async function* () {
  yield* sources.hot()
  return { finishReason: 'stop' }
})

const app = Fastify()
await app.register(streamRoutes, { generate })
await app.register(openAiRoutes, { generate, models: ['model'] })

await app.ready()
host(app.server)
