import Fastify from 'fastify'
import { streamRoutes } from '../../routes/index.js'
import { openAiSource } from '../../sources/openai.js'
import { host } from './host.js'

const app = Fastify()
await app.register(streamRoutes, { generate: openAiSource({ baseURL: process.env.UPSTREAM, model: 'model' }) })

await app.listen({ port: 0, host: '127.0.0.1', backlog: 4096 })
host(app.server)
