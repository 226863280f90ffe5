import type { FastifyInstance } from 'fastify'
import OpenAI from 'openai'
import type { Test } from 'tap'
import { type Generate, type ResponsesRoutesOptions, responsesRoutes } from '../../../routes/index.js'
import { type Client, fetchAll } from '../../helpers/client.js'
import { type ServeOptions, serve } from '../../helpers/server.js'

/** The data of an event. */
export interface EventData {
  type: string
  sequence_number: number
  // biome-ignore lint/suspicious/noExplicitAny: the fields differ from type to type
  [field: string]: any
}

/** A server with the routes for the models `a` and `meta/b`, and a client of it. @param setup adds further routes */
export async function api(
  t: Test,
  generate: Generate,
  options: Partial<ResponsesRoutesOptions> = {},
  served: ServeOptions = {},
  setup: (app: FastifyInstance) => void = () => {}
) {
  const server = await serve(
    t,
    app => {
      app.register(responsesRoutes, { generate, models: ['a', 'meta/b'], ...options })
      setup(app)
    },
    served
  )
  const baseURL = `${server.url}/v1`
  const client = new OpenAI({ baseURL, apiKey: 'key', maxRetries: 0 })
  const post = (body: object, headers = {}) =>
    fetchAll(`${baseURL}/responses`, { body: { model: 'a', ...body }, headers })
  return { ...server, baseURL, client, post }
}

/** The data of the events of an answer, after a check of what all of them share. */
export function eventsOf(t: Test, received: Pick<Client, 'events'>): EventData[] {
  const events = received.events()
  t.match(events.at(-1), { event: undefined, data: '[DONE]' }, 'the last data is [DONE]')
  const all = events.slice(0, -1).map(({ event, data }) => ({ event, data: JSON.parse(data ?? '') as EventData }))
  for (const { event, data } of all) t.equal(event, data.type)
  t.same(
    all.map(({ data }) => data.sequence_number),
    all.map((_, index) => index)
  )
  return all.map(({ data }) => data)
}
