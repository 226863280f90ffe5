import type { Test } from 'tap'
import { type ChatRoutesOptions, chatRoutes, type GenerateRequest } from '../../../routes/index.js'
import { build } from '../../helpers/server.js'

/** An app whose model answers `Hello`, and what it was asked. */
export function told(t: Test, options: Partial<ChatRoutesOptions> = {}) {
  const { app } = build(t)
  const asked: GenerateRequest[] = []
  app.register(chatRoutes, {
    generate: async function* (request) {
      asked.push(request)
      yield 'Hello'
      return { finishReason: 'stop' }
    },
    ...options
  })
  const post = (body: unknown) => app.inject({ method: 'POST', url: '/api/chat', body: body as object })
  const ask = (...messages: unknown[]) => post({ id: 'c', messages, trigger: 'submit-message', messageId: 'm' })
  return { app, asked, post, ask }
}
