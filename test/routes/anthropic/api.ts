import Anthropic from '@anthropic-ai/sdk'
import type { Test } from 'tap'
import {
  type AnthropicRoutesOptions,
  anthropicRoutes,
  type Generate,
  type GenerateRequest
} from '../../../routes/index.js'
import { fetchAll } from '../../helpers/client.js'
import { serve } from '../../helpers/server.js'

/** A server with the routes, and clients of it. */
export async function api(t: Test, generate: Generate, options: Partial<AnthropicRoutesOptions> = {}) {
  const served = await serve(t, app => app.register(anthropicRoutes, { generate, ...options }))
  const client = new Anthropic({ baseURL: served.url, apiKey: 'key', maxRetries: 0 })
  const post = (body: object, path = '/v1/messages') => fetchAll(served.url + path, { body })
  return { ...served, client, post }
}

/** A server whose model answers `Hello`, and what it was asked. */
export async function told(t: Test, options?: Partial<AnthropicRoutesOptions>) {
  const asked: GenerateRequest[] = []
  const served = await api(
    t,
    async function* (request) {
      asked.push(request)
      yield 'Hello'
      return { finishReason: 'stop' }
    },
    options
  )
  return { ...served, asked }
}
