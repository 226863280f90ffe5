import cors from '@fastify/cors'
import type { FastifyInstance } from 'fastify'
import {
  agUiRoutes,
  anthropicRoutes,
  apiKeyGuard,
  chatRoutes,
  corsOptions,
  type Generate,
  openAiRoutes,
  originGuard,
  responsesRoutes,
  streamRoutes
} from '../routes/index.js'
import { type Environment, listOf } from './environment.js'

/** The routes that a model is paid for, `/stream`, `/v1`, `/api/chat` and `/agent`, and the guards in front of them. */
export async function api(
  app: FastifyInstance,
  { generate, models, environment }: { generate: Generate; models: string[]; environment: Environment }
): Promise<void> {
  const origins = listOf(environment.ALLOWED_ORIGINS)
  const keys = listOf(environment.API_KEYS)
  app.addHook('onRequest', originGuard({ origins }))
  // It answers preflights, which come without a key.
  if (origins.length > 0) await app.register(cors, corsOptions({ origins }))
  if (keys.length > 0) app.addHook('onRequest', apiKeyGuard({ keys }))
  await app.register(streamRoutes, { generate })
  await app.register(openAiRoutes, { generate, models })
  await app.register(responsesRoutes, { generate, models })
  // Clients such as Claude Code ask for models by names of their own.
  await app.register(anthropicRoutes, { generate })
  await app.register(chatRoutes, { generate })
  await app.register(agUiRoutes, { generate })
}
