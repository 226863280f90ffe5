import { AsyncResource } from 'node:async_hooks'
import type { FastifyRequest } from 'fastify'
import { answererOf } from '../../observe/answerer.js'
import { type GenerationSummary, generationChannels, type ObservedGeneration } from './generation-channels.js'

/** Tells the diagnostics channels of one run of a source. */
export class GenerationObserver {
  readonly #generation: ObservedGeneration
  /** The context of the request (S7). Whatever starts or ends the source may have another. */
  readonly #scope = new AsyncResource('GenerationObserver')

  constructor(request: FastifyRequest, streamId: string | undefined) {
    const { provider, model } = answererOf(request)
    this.#generation = { request, streamId, provider, model }
  }

  start(): void {
    const { start } = generationChannels
    if (start.hasSubscribers) this.#scope.runInAsyncScope(start.publish, start, { generation: this.#generation })
  }

  finish(summary: GenerationSummary): void {
    const { finish } = generationChannels
    if (!finish.hasSubscribers) return
    this.#scope.runInAsyncScope(finish.publish, finish, { generation: this.#generation, summary })
  }
}
