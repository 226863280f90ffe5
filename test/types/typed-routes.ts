import { Type } from '@sinclair/typebox'
import Fastify from 'fastify'
import sseFrom, {
  type EventData,
  type EventName,
  type EventOf,
  type EventsOf,
  eventStream,
  type StreamOptions
} from '../../plugin/index.js'

const app = Fastify()
app.register(sseFrom)

const Tokens = eventStream({
  message: Type.String(),
  usage: Type.Object({ tokens: Type.Number() }),
  done: Type.Object({ finishReason: Type.String() })
})
const schema = { response: { 200: Tokens } }

async function* answer() {
  yield 'a'
  return { finishReason: 'stop' }
}

// What a source yields.

app.get('/text', { schema }, (_request, reply) => reply.sseFrom(['a'], { end: false }))
app.get('/events', { schema }, (_request, reply) =>
  reply.sseFrom(async function* () {
    yield 'a'
    yield { data: 'b' }
    yield { event: 'message', data: 'c', id: '1' }
    yield { event: 'usage', data: { tokens: 1 }, retry: 0, comment: 'd' }
    yield { comment: 'e' }
    yield { retry: 1000 }
    return { finishReason: 'stop' }
  })
)
app.get('/default-events', { schema }, (_request, reply) =>
  reply.sseFrom([{ event: 'error', data: { statusCode: 500, code: 'X', message: 'Y' } }], { end: false })
)
app.get('/wrong-name', { schema }, (_request, reply) =>
  // @ts-expect-error the route declares no such event
  reply.sseFrom(async function* () {
    yield { event: 'progress', data: 'a' }
    return { finishReason: 'stop' }
  })
)
app.get('/wrong-name/array', { schema }, (_request, reply) =>
  // @ts-expect-error the route declares no such event
  reply.sseFrom([{ event: 'progress', data: 'a' }], { end: false })
)
app.get('/wrong-data', { schema }, (_request, reply) =>
  // @ts-expect-error a message is a string
  reply.sseFrom([1], { end: false })
)
app.get('/wrong-data/event', { schema }, (_request, reply) =>
  // @ts-expect-error the data belongs to another event
  reply.sseFrom([{ event: 'usage', data: 'a' }], { end: false })
)
app.get('/wrong-data/unnamed', { schema }, (_request, reply) =>
  // @ts-expect-error an event without a name is a message
  reply.sseFrom([{ data: { tokens: 1 } }], { end: false })
)
app.get('/missing-data', { schema }, (_request, reply) =>
  // @ts-expect-error this event needs data
  reply.sseFrom([{ event: 'usage' }], { end: false })
)
app.get('/wrong-field', { schema }, (_request, reply) =>
  // @ts-expect-error an id is a string
  reply.sseFrom([{ data: 'a', id: 1 }], { end: false })
)

// What a source returns.

app.get('/return', { schema }, (_request, reply) => reply.sseFrom(answer))
app.get('/missing-return', { schema }, (_request, reply) =>
  // @ts-expect-error done has data, which the source must return
  reply.sseFrom(async function* () {
    yield 'a'
  })
)
app.get('/missing-return/array', { schema }, (_request, reply) =>
  // @ts-expect-error an array has no return value
  reply.sseFrom(['a'])
)
app.get('/wrong-return', { schema }, (_request, reply) =>
  // @ts-expect-error the data of done has another type
  reply.sseFrom(async function* () {
    yield 'a'
    return { finishReason: 1 }
  })
)
app.get('/no-done', { schema: { response: { 200: eventStream({ message: Type.String() }) } } }, (_request, reply) =>
  reply.sseFrom(['a'])
)
app.get(
  '/no-done/generator',
  { schema: { response: { 200: eventStream({ message: Type.String() }) } } },
  (_request, reply) =>
    reply.sseFrom(async function* () {
      yield 'a'
    })
)
app.get('/no-done/return', { schema: { response: { 200: eventStream({ message: Type.String() }) } } }, (_r, reply) =>
  // @ts-expect-error a done event that is not declared has no data
  reply.sseFrom(async function* () {
    yield 'a'
    return 'b'
  })
)

// `event`: the name of events without a name.

app.get('/event', { schema }, (_request, reply) => reply.sseFrom([{ tokens: 1 }], { event: 'usage', end: false }))
app.get('/event/wrong-data', { schema }, (_request, reply) =>
  // @ts-expect-error the data is not that of usage
  reply.sseFrom([{ tokens: 'a' }], { event: 'usage', end: false })
)
app.get('/event/undeclared', { schema }, (_request, reply) =>
  // @ts-expect-error the route declares no such event
  reply.sseFrom(['a'], { event: 'progress', end: false })
)
app.get('/event/message', { schema }, (_request, reply) => reply.sseFrom(['a'], { event: 'message', end: false }))

// `map`

app.get('/map', { schema }, (_request, reply) => reply.sseFrom([1], { map: item => item.toFixed(), end: false }))
app.get('/map/event', { schema }, (_request, reply) =>
  reply.sseFrom([1], { map: item => ({ event: 'usage', data: { tokens: item } }), end: false })
)
app.get('/map/either', { schema }, (_request, reply) =>
  reply.sseFrom([1], {
    map: item => (item > 1 ? { event: 'usage', data: { tokens: item } } : String(item)),
    end: false
  })
)
app.get('/map/skip', { schema }, (_request, reply) =>
  reply.sseFrom(['a', undefined], { map: item => item, end: false })
)
app.get('/map/default-name', { schema }, (_request, reply) =>
  reply.sseFrom([1], { map: item => ({ tokens: item }), event: 'usage', end: false })
)
app.get('/map/of-function', { schema }, (_request, reply) =>
  reply.sseFrom(
    async function* () {
      yield { n: 1 }
      return { finishReason: 'stop' }
    },
    { map: item => item.n.toFixed() }
  )
)
app.get('/map/of-async-function', { schema }, (_request, reply) =>
  reply.sseFrom(async () => answer(), { map: item => item.toUpperCase() })
)
app.get('/map/wrong-item', { schema }, (_request, reply) =>
  // @ts-expect-error a number is not a message
  reply.sseFrom([1], { map: item => item, end: false })
)
app.get('/map/wrong-event', { schema }, (_request, reply) =>
  // @ts-expect-error the route declares no such event
  reply.sseFrom([1], { map: item => ({ event: 'progress', data: item }), end: false })
)
app.get('/map/wrong-parameter', { schema }, (_request, reply) =>
  // @ts-expect-error the items are numbers
  reply.sseFrom([1], { map: (item: string) => item, end: false })
)
app.get('/map/null', { schema }, (_request, reply) =>
  // @ts-expect-error null is data; only undefined is skipped
  reply.sseFrom(['a', null], { map: item => item, end: false })
)
app.get('/map/missing-return', { schema }, (_request, reply) =>
  // @ts-expect-error `map` does not replace the return value
  reply.sseFrom([1], { map: item => item.toFixed() })
)

// `end`

app.get('/end/name', { schema }, (_request, reply) =>
  reply.sseFrom(
    async function* () {
      yield 'a'
      return { tokens: 1 }
    },
    { end: 'usage' }
  )
)
app.get('/end/wrong-return', { schema }, (_request, reply) =>
  // @ts-expect-error the return value is the data of done, not of usage
  reply.sseFrom(answer, { end: 'usage' })
)
app.get('/end/undeclared', { schema }, (_request, reply) =>
  // @ts-expect-error the route declares no such event
  reply.sseFrom(answer, { end: 'progress' })
)
app.get('/end/event', { schema }, (_request, reply) =>
  reply.sseFrom(['a'], { end: { event: 'done', data: { finishReason: 'stop' } } })
)
app.get('/end/wrong-event', { schema }, (_request, reply) =>
  // @ts-expect-error the data is not that of done
  reply.sseFrom(['a'], { end: { event: 'done', data: { finishReason: 1 } } })
)
app.get('/end/true', { schema }, (_request, reply) =>
  // @ts-expect-error true is not an end
  reply.sseFrom(answer, { end: true })
)

// `onError` and the other callbacks

app.get('/on-error', { schema }, (_request, reply) =>
  reply.sseFrom(answer, {
    onError: error => ({ event: 'error', data: { statusCode: 502, code: 'X', message: error.message } })
  })
)
app.get('/on-error/none', { schema }, (_request, reply) => reply.sseFrom(answer, { onError: () => undefined }))
app.get('/on-error/other-event', { schema }, (_request, reply) =>
  reply.sseFrom(answer, { onError: error => ({ data: error.message }) })
)
app.get('/on-error/wrong-event', { schema }, (_request, reply) =>
  // @ts-expect-error the data is not that of error
  reply.sseFrom(answer, { onError: error => ({ event: 'error', data: error.message }) })
)
const Failing = eventStream({ message: Type.String(), error: Type.Object({ reason: Type.String() }) })
app.get('/on-error/own', { schema: { response: { 200: Failing } } }, (_request, reply) =>
  reply.sseFrom(['a'], { onError: error => ({ event: 'error', data: { reason: error.message } }) })
)
const asDefault = ({ message }: Error) => ({ event: 'error' as const, data: { statusCode: 500, code: 'X', message } })
app.get('/on-error/own-wrong', { schema: { response: { 200: Failing } } }, (_request, reply) =>
  // @ts-expect-error the route declares another error event
  reply.sseFrom(['a'], { onError: asDefault })
)
app.get('/on-error/default', { schema }, (_request, reply) => reply.sseFrom(answer, { onError: asDefault }))
app.get('/on-close', { schema }, (_request, reply) =>
  reply.sseFrom(answer, {
    onClose: ({ outcome, events, error }) => void [outcome.length, events.toFixed(), error?.name]
  })
)
app.get('/unknown-option', { schema }, (_request, reply) =>
  // @ts-expect-error no option has this name
  reply.sseFrom(answer, { heartBeat: 1000 })
)

app.get('/untyped-options', { schema }, (_request, reply) => {
  const options: StreamOptions<string> = { heartbeat: false }
  // @ts-expect-error these options may name undeclared events
  return reply.sseFrom(answer, options)
})

// Where a route may declare events.

app.get(
  '/codes',
  { schema: { response: { 200: Tokens, 404: Type.Object({ message: Type.String() }) } } },
  (_request, reply) => reply.sseFrom(answer)
)
app.get('/2xx', { schema: { response: { '2xx': Tokens } } }, (_request, reply) => reply.sseFrom(answer))
app.get('/2xx/wrong', { schema: { response: { '2xx': Tokens } } }, (_request, reply) =>
  // @ts-expect-error a message is a string
  reply.sseFrom([1], { end: false })
)
const WithJson = {
  ...Tokens,
  content: { ...Tokens.content, 'application/json': { schema: Type.Object({ text: Type.String() }) } }
}
app.get('/json-too', { schema: { response: { 200: WithJson } } }, (_request, reply) => reply.sseFrom(answer))
app.get('/json-too/wrong', { schema: { response: { 200: WithJson } } }, (_request, reply) =>
  // @ts-expect-error a message is a string
  reply.sseFrom([1], { end: false })
)
app.get('/json-only', { schema: { response: { 200: Type.Object({ text: Type.String() }) } } }, (_request, reply) =>
  reply.sseFrom([{ anything: 1 }])
)

// Types that other code takes from the schema.

type TokenEvents = EventsOf<typeof schema>
export const name: EventName<TokenEvents> = 'usage'
export const data: EventData<TokenEvents, 'usage'> = { tokens: 1 }
export const event: EventOf<TokenEvents> = { event: 'usage', data }
// @ts-expect-error the route declares no such event
export const wrongName: EventName<TokenEvents> = 'progress'
// @ts-expect-error the data of usage is an object
export const wrongEvent: EventOf<TokenEvents> = { event: 'usage', data: 'a' }
