import Fastify, { type FastifyReply } from 'fastify'
import sseFrom, {
  END_ID,
  type Protocol,
  type SentEvent,
  type SseEvent,
  type SseSource,
  type StreamAbortReason,
  type StreamFinish,
  type StreamOptions,
  type StreamSummary,
  type StreamTimeout
} from '../../plugin/index.js'

const app = Fastify()
app.register(sseFrom)

class Usage {
  readonly tokens = 1
}

app.get('/text', (_request, reply) => reply.sseFrom(['a', 'b']))
app.get('/anything', (_request, reply) =>
  reply.sseFrom([null, 0, false, { any: 'object' }, [1], new Usage(), new Date(), new Uint8Array(1)])
)
app.get('/events', (_request, reply) =>
  reply.sseFrom(async function* () {
    yield { event: 'any', data: new Usage(), id: '1', retry: 0, comment: 'a' }
    yield { id: undefined, data: 'b' }
    return 'any value'
  })
)
app.get('/reason', (_request, reply) =>
  reply.sseFrom(async function* ({ signal }) {
    signal.addEventListener('abort', () => {
      const why: StreamAbortReason | undefined = signal.reason?.reason
      const which: StreamTimeout | undefined = signal.reason?.timeout
      // @ts-expect-error: there is no reason while it is not aborted
      signal.reason.reason
      // @ts-expect-error: it is no such reason
      if (why === 'gone') void which
    })
    yield await fetch('http://localhost', { signal })
    const any: AbortSignal = signal
    signal.throwIfAborted()
    void any
  })
)
interface Chunk {
  text: string
  tokens?: { total: number }
}
app.get('/finish', (_request, reply) =>
  reply.sseFrom(
    async function* (): AsyncGenerator<Chunk> {
      yield { text: 'a' }
    },
    {
      map: ({ text }) => text,
      usageOf: ({ tokens }) => tokens,
      drainForUsage: 100,
      onFinish: async ({ outcome, reason, partial, text, events, usage, request, streamId, error, result }) => {
        const why: StreamAbortReason | undefined = reason
        const names: string[] = events.map(({ event, data }: SentEvent) => event + data)
        // @ts-expect-error: the fields are those of the provider
        usage?.tokens.total
        // @ts-expect-error: it is read-only
        events.push({ event: 'a', data: 'b' })
        // @ts-expect-error: there is no such outcome
        if (outcome === 'skipped') return
        void [why, names, partial === true, text.length, request.url, streamId?.length, error?.message, result]
      }
    }
  )
)
app.register(sseFrom, { onFinish: (finish: StreamFinish) => console.log(finish.duration.toFixed()), drainForUsage: 1 })
const halting: Protocol = {
  text: (data, name) => (name === 'message' ? data : undefined),
  start: () => ({
    item: () => undefined,
    end: () => undefined,
    error: () => ({ data: '' }),
    stopped: () => [{ data: 'halt' }]
  })
}
// @ts-expect-error: the events of a protocol need an object
const wrong: Protocol = { start: () => ({ ...halting.start(), stopped: () => 'halt' }) }
void wrong
app.get('/declared', (_request, reply) => {
  const events: SseEvent<Usage>[] = [{ event: 'usage', data: new Usage() }, { comment: 'a' }, { retry: 1 }]
  return reply.sseFrom(events)
})

app.get('/options', (_request, reply) =>
  reply.sseFrom(['a'], {
    event: 'any',
    end: 'any',
    onError: error => ({ event: 'any', data: error.message }),
    onClose: (summary: StreamSummary) => void summary.bytes,
    signal: AbortSignal.timeout(1000),
    heartbeat: false,
    commitAfter: 0,
    retry: 1,
    highWaterMark: 1,
    maxEventBytes: 1
  })
)
app.get('/options/undefined', (_request, reply) =>
  reply.sseFrom(['a'], { event: undefined, end: undefined, map: undefined, onError: undefined, heartbeat: undefined })
)
app.get('/end/event', (_request, reply) => reply.sseFrom(['a'], { end: { event: 'any', data: 1, id: END_ID } }))
app.get('/end/none', (_request, reply) => reply.sseFrom(['a'], { end: false }))
app.get('/end/true', (_request, reply) =>
  // @ts-expect-error true is not an end
  reply.sseFrom(['a'], { end: true })
)
app.get('/end/data', (_request, reply) =>
  // @ts-expect-error an end is an event, not its data
  reply.sseFrom(['a'], { end: { finishReason: 'stop' } })
)
app.get('/drain-timeout', (_request, reply) =>
  // @ts-expect-error only the plugin takes this option
  reply.sseFrom(['a'], { drainTimeout: 1 })
)
app.get('/on-error/text', (_request, reply) =>
  // @ts-expect-error a string is not an event
  reply.sseFrom(['a'], { onError: error => error.message })
)

app.get('/map', (_request, reply) => reply.sseFrom([{ n: 1 }], { map: item => item.n.toFixed() }))
app.get('/map/anything', (_request, reply) => reply.sseFrom([1, 2], { map: item => ({ half: item / 2 }) }))
app.get('/map/skip', (_request, reply) => reply.sseFrom([1, 2], { map: item => (item > 1 ? item : undefined) }))
app.get('/map/of-function', (_request, reply) =>
  reply.sseFrom(
    async function* ({ signal }) {
      yield { n: 1, aborted: signal.aborted }
    },
    { map: item => [item.n.toFixed(), item.aborted] }
  )
)
app.get('/map/item-type', (_request, reply) =>
  reply.sseFrom([1], {
    // @ts-expect-error the items are numbers, not any
    map: item => item.toUpperCase()
  })
)
app.get('/map/unknown-items', (_request, reply) =>
  reply.sseFrom([1] as unknown[], {
    // @ts-expect-error unknown items have no properties
    map: item => item.n
  })
)

// Functions of users that pass their arguments on.

export function streamTo<T>(reply: FastifyReply, source: SseSource<T>): FastifyReply {
  return reply.sseFrom(source)
}
export function textTo<T>(reply: FastifyReply, source: SseSource<T>, text: (item: T) => string): FastifyReply {
  return reply.sseFrom(source, { map: text })
}
export function quietlyTo<T>(reply: FastifyReply, source: SseSource<T>, options?: StreamOptions<T>): FastifyReply {
  return reply.sseFrom(source, { ...options, heartbeat: false })
}
export function optionallyTo<T>(reply: FastifyReply, source: SseSource<T>, options?: StreamOptions<T>): FastifyReply {
  return reply.sseFrom(source, options)
}
app.get('/options/declared', (_request, reply) => {
  const options: StreamOptions<string> = { heartbeat: false, map: item => item.toUpperCase() }
  return reply.sseFrom(['a'], options)
})
app.get('/options/of-other-items', (_request, reply) => {
  const options: StreamOptions<number> = { map: item => item.toFixed() }
  // @ts-expect-error the items are strings
  return reply.sseFrom(['a'], options)
})
