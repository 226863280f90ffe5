import Fastify from 'fastify'
import { openAiRoutes } from '../../routes/index.js'
import { openAiSource } from '../../sources/index.js'
import { host } from './host.js'

const app = Fastify()
await app.register(openAiRoutes, {
  models: ['model'],
  generate: openAiSource({ baseURL: process.env.UPSTREAM, model: 'model' })
})

await app.ready()
host(app.server)
