import OpenAI from 'openai'
import type { Test } from 'tap'
import { type Generate, openAiRoutes } from '../../../routes/index.js'
import { fetchAll } from '../../helpers/client.js'
import { serve } from '../../helpers/server.js'

/** A server with the routes for the models `a` and `meta/b`, and clients of it. */
export async function api(t: Test, generate: Generate) {
  const served = await serve(t, app => app.register(openAiRoutes, { generate, models: ['a', 'meta/b'] }))
  const baseURL = `${served.url}/v1`
  const client = new OpenAI({ baseURL, apiKey: 'key', maxRetries: 0 })
  const post = (body: object) => fetchAll(`${baseURL}/chat/completions`, { body })
  return { ...served, baseURL, client, post }
}
