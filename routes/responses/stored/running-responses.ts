import type { ResponseBuilder, ResponseObject } from '../../../plugin/toolkit.js'

interface Running {
  readonly owner: string | undefined
  readonly builder: ResponseBuilder
}

/** The responses that clients read from this server at the moment. Only its owner finds a response (R3). */
export class RunningResponses {
  readonly #running = new Map<string, Running>()

  add(id: string, running: Running): void {
    this.#running.set(id, running)
  }

  remove(id: string): void {
    this.#running.delete(id)
  }

  /** A response as far as it has got. */
  find(owner: string | undefined, id: string): ResponseObject | undefined {
    const found = this.#running.get(id)
    return found?.owner === owner ? found?.builder.response : undefined
  }
}
