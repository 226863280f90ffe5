import t from 'tap'
import { StreamAbort } from '../../../plugin/index.js'
import { fetchAll } from '../../helpers/client.js'
import { serve } from '../../helpers/server.js'
import { until } from '../../helpers/until.js'

/** Calls a function some microtasks later. */
function later(microtasks: number, call: () => unknown): void {
  if (microtasks === 0) call()
  else queueMicrotask(() => later(microtasks - 1, call))
}

const ends = {
  sync: () => ({ done: true as const, value: 'END' }),
  async: async () => ({ done: true as const, value: 'END' }),
  failing: async () => {
    throw Object.assign(new Error('no'), { statusCode: 409 })
  }
}

for (const kind of ['plain', 'resumable', 'json']) {
  for (const way of kind === 'resumable' ? ['signal', 'stop'] : ['signal']) {
    for (const [end, last] of Object.entries(ends)) {
      t.test(`a stop beside the end, ${kind}, by ${way}, ${end}: all are told the same end`, async t => {
        const told = new Map<string, { finish?: string; close?: string }>()
        const { app, url } = await serve(t, app => {
          app.get<{ Params: { depth: string } }>('/:depth', ({ params: { depth } }, reply) => {
            const controller = new AbortController()
            const stop = () =>
              way === 'stop'
                ? app.sseStreams.stop(String(reply.getHeader('x-stream-id')))
                : controller.abort(new StreamAbort('stopped'))
            let items = 0
            const source = {
              [Symbol.asyncIterator]: () => source,
              next() {
                if (++items < 3) return { done: false as const, value: 'item' }
                later(Number(depth), stop)
                return last()
              }
            }
            told.set(depth, {})
            return reply.sseFrom(() => source as unknown as AsyncIterable<string>, {
              signal: controller.signal,
              resumable: kind === 'resumable',
              ...(kind === 'json' && { json: ({ text }: { text: string }) => ({ text }) }),
              onFinish: ({ outcome, partial }) => {
                told.set(depth, { ...told.get(depth), finish: partial === (outcome !== 'complete') ? outcome : 'odd' })
              },
              onClose: ({ outcome }) => {
                told.set(depth, { ...told.get(depth), close: outcome })
              }
            })
          })
          app.get<{ Params: { id: string } }>('/again/:id', (request, reply) => reply.sseResume(request.params.id))
        })
        const outcomes = new Set<string>()
        for (let depth = 0; depth < 14; depth++) {
          const headers: Record<string, string> = kind === 'json' ? { accept: 'application/json' } : {}
          const client = await fetchAll(`${url}/${depth}`, { headers })
          await until('both are told', () => told.get(`${depth}`)?.finish && told.get(`${depth}`)?.close)
          const outcome = kind === 'json' ? outcomeOfStatus(client.status) : outcomeOfEvents(client.events())
          t.same(told.get(`${depth}`), { finish: outcome, close: outcome }, `at depth ${depth}`)
          outcomes.add(outcome)
          if (kind !== 'resumable') continue
          const again = await fetchAll(`${url}/again/${client.headers['x-stream-id']}`)
          t.same(again.events().at(-1), client.events().at(-1), 'what is kept ends alike')
        }
        t.ok(outcomes.has('stopped'))
        await app.close()
      })
    }
  }
}

function outcomeOfStatus(status: number | undefined): string {
  if (status === 200) return 'complete'
  return status === 410 ? 'stopped' : 'error'
}

function outcomeOfEvents(events: { event?: string | undefined }[]): string {
  const names = events.flatMap(({ event }) => (event === undefined ? [] : [event]))
  if (names.length !== 1) return `the ends ${names}`
  return names[0] === 'done' ? 'complete' : String(names[0])
}
