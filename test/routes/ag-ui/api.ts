import {
  type BaseEvent,
  HttpAgent,
  type RunAgentInput,
  runHttpRequest,
  transformHttpEventStream,
  verifyEvents
} from '@ag-ui/client'
import { EMPTY, from, lastValueFrom, type Observable, switchMap, toArray } from 'rxjs'
import type { Test } from 'tap'
import { type AgUiRoutesOptions, agUiRoutes, type Generate, type GenerateRequest } from '../../../routes/index.js'
import { fetchAll } from '../../helpers/client.js'
import { serve } from '../../helpers/server.js'

/** An agent that can take up the run of its thread, and stop it. */
export class Agent extends HttpAgent {
  /** The events of all its runs. */
  readonly events: BaseEvent[] = []

  constructor(url: string, threadId = 'thread', headers: Record<string, string> = {}) {
    super({ url: `${url}/agent`, threadId, headers })
    this.subscribe({ onEvent: ({ event }) => void this.events.push(event) })
  }

  /** What `connectAgent` reads. */
  override connect(_input: RunAgentInput): Observable<BaseEvent> {
    return from(fetch(this.#stream, { headers: this.headers })).pipe(
      switchMap(response =>
        response.status === 204 ? EMPTY : transformHttpEventStream(runHttpRequest(async () => response))
      )
    )
  }

  stop() {
    return fetch(this.#stream, { method: 'DELETE', headers: this.headers })
  }

  say(content: string) {
    this.addMessage({ id: `${this.messages.length}`, role: 'user', content })
    return this.runAgent()
  }

  /** The text that it has received so far. */
  text() {
    return this.events.map(event => (event.type === 'TEXT_MESSAGE_CONTENT' ? event.delta : '')).join('')
  }

  get #stream() {
    return `${this.url}/${encodeURIComponent(this.threadId)}/stream`
  }
}

/** Checks the order of events as clients do. */
export function verified(events: BaseEvent[]): Promise<BaseEvent[]> {
  return lastValueFrom(from(events).pipe(verifyEvents(), toArray()))
}

/** A server with the routes, and what its model was asked. */
export async function api(t: Test, generate: Generate, options: Partial<AgUiRoutesOptions> = {}) {
  const asked: GenerateRequest[] = []
  const seen: Generate = Object.assign(
    (...[request, context]: Parameters<Generate>) => {
      asked.push(request)
      return generate(request, context)
    },
    generate.accepts === undefined ? {} : { accepts: generate.accepts }
  )
  const served = await serve(t, app => app.register(agUiRoutes, { generate: seen, ...options }))
  const post = (body: object) =>
    fetchAll(`${served.url}/agent`, { body: { threadId: 't', runId: 'r', messages: [], ...body } })
  return { ...served, asked, post }
}
