import { Type } from '@sinclair/typebox'
import {
  type EventStreamSchema,
  type OpenStreamOptions,
  openStream,
  type SseStream,
  SseStreamError,
  type StreamEvent
} from '../../client/index.js'
import { eventStream } from '../../plugin/index.js'
import type { Tokens as RouteTokens } from '../../routes/index.js'

/** Whether two types are the same. */
type Same<A, B> = (<T>() => T extends A ? 1 : 2) extends <T>() => T extends B ? 1 : 2 ? true : false
const yes: true = true

const Tokens = eventStream({
  message: Type.String(),
  usage: Type.Object({ tokens: Type.Integer(), cost: Type.Optional(Type.Number()) }),
  done: Type.Object({ finishReason: Type.Union([Type.Literal('stop'), Type.Literal('length')]) })
})

// With a schema: the name of an event decides the type of its data.

export async function typed(): Promise<void> {
  const stream = openStream<typeof Tokens>('/stream', { body: { prompt: 'hi' } })
  for await (const event of stream) {
    const id: string | undefined = event.id
    if (event.event === 'message') event.data.toUpperCase()
    if (event.event === 'usage') [event.data.tokens.toFixed(), event.data.cost?.toFixed(), id]
    // @ts-expect-error a stream that was stopped has no data
    if (event.event === 'stopped') event.data.finishReason.length
    if (event.event === 'done') event.data.finishReason satisfies 'stop' | 'length'
    // @ts-expect-error the route declares no such event
    if (event.event === 'progress') continue
    // @ts-expect-error errors are thrown, not yielded
    if (event.event === 'error') continue
    // @ts-expect-error the name of the event is not known here
    event.data.toUpperCase()
  }
  const text: string = await stream.text()
  const stopped: boolean = await stream.stop()
  // @ts-expect-error the id is undefined until the response has begun
  stream.id.toUpperCase()
  // @ts-expect-error the id is read-only
  stream.id = text
  stream.close()
  stream.retryNow()
  ;[stream.complete, stream.stopped, stream.reconnects.toFixed(), stream.lastEventId?.length, stopped]
}
export const events: Same<StreamEvent<typeof Tokens>['event'], 'message' | 'usage' | 'done' | 'stopped'> = yes

// Events that every stream has.

const Plain = eventStream({ message: Type.String() })
export const done: Same<Extract<StreamEvent<typeof Plain>, { event: 'done' }>['data'], Record<string, never>> = yes
const Failing = eventStream({ message: Type.String(), error: Type.Object({ why: Type.String() }) })
export const failing: Same<StreamEvent<typeof Failing>['event'], 'message' | 'done' | 'stopped'> = yes

// The route that the package provides.

export async function route(): Promise<void> {
  for await (const { event, data } of openStream<typeof RouteTokens>('/stream')) {
    if (event === 'done') [data.finishReason.length, data.usage?.totalTokens.toFixed()]
  }
}

// Without a schema.

export async function untyped(): Promise<void> {
  for await (const { event, data } of openStream('/stream')) {
    if (event === 'anything') continue
    // @ts-expect-error the data is unknown
    data.toUpperCase()
  }
  openStream('/stream', { end: 'bye', decode: { title: 'text', message: 'json' } })
}
export const nothingKnown: Same<
  StreamEvent,
  { readonly event: string; readonly data: unknown; readonly id: string | undefined }
> = yes

// `decode` is required where the default is wrong: for strings outside of messages, and for messages that are not
// strings.

const Titled = eventStream({
  message: Type.Object({ text: Type.String() }),
  title: Type.String(),
  size: Type.Union([Type.Literal('S'), Type.Literal('L')]),
  count: Type.Union([Type.String(), Type.Number()]),
  note: Type.Union([Type.String(), Type.Null()]),
  any: Type.Unknown(),
  usage: Type.Array(Type.String())
})
const Sized = eventStream({ message: Type.Union([Type.Literal('S'), Type.Number()]) })
const decode = { message: 'json', title: 'text', size: 'text', count: 'text', note: 'text', any: 'text' } as const
openStream<typeof Titled>('/stream', { decode })
openStream(new URL('https://a.example'), { validate: Titled, maxRetries: 1 })
// @ts-expect-error `decode` is missing
openStream<typeof Titled>('/stream')
// @ts-expect-error `decode` is missing here too
openStream<typeof Titled>('/stream', { body: {} })
// @ts-expect-error a title is a string
openStream<typeof Titled>('/stream', { decode: { ...decode, title: 'json' } })
const { any: _any, ...part } = decode
// @ts-expect-error `decode` lacks an event
openStream<typeof Titled>('/stream', { decode: part })
// @ts-expect-error the route declares no such event
openStream<typeof Sized>('/stream', { decode: { message: 'json', usage: 'text' } })
// @ts-expect-error no event needs `decode`
openStream<typeof Tokens>('/stream', { decode: { usage: 'text' } })

type DataOf<Name> = Extract<StreamEvent<typeof Titled>, { event: Name }>['data']
export const title: Same<DataOf<'title'>, string> = yes
export const size: Same<DataOf<'size'>, 'S' | 'L'> = yes
export const count: Same<DataOf<'count'>, string | number> = yes
export const note: Same<DataOf<'note'>, string | null> = yes
export const any: Same<DataOf<'any'>, string> = yes
export const usage: Same<DataOf<'usage'>, string[]> = yes

export const sized: Same<Extract<StreamEvent<typeof Sized>, { event: 'message' }>['data'], string | number> = yes

// `validate`: events get their types from the schema, or from the type argument if it is a function.

export async function validated(): Promise<void> {
  for await (const event of openStream('/stream', { validate: Tokens })) {
    if (event.event === 'usage') event.data.tokens.toFixed()
  }
  openStream<typeof Tokens>('/stream', { validate: Tokens })
  openStream<typeof Tokens>('/stream', { validate: (_event, data) => data as object })
  openStream('/stream', { validate: () => null })
  openStream('/stream', { validate: (_event, data) => data })
  openStream<typeof Tokens>('/stream', { validate: async (_event, data) => data })
  // @ts-expect-error the function must return the data
  openStream('/stream', { validate: () => {} })
  // @ts-expect-error the schema is not that of the type argument
  openStream<typeof Tokens>('/stream', { validate: Plain })
  // @ts-expect-error the schema is not an event stream
  openStream('/stream', { validate: Type.String() })
}

// Options.

export const options: OpenStreamOptions<typeof Tokens> = {
  method: 'PUT',
  headers: async () => new Headers(),
  signal: AbortSignal.timeout(1000),
  fetch,
  credentials: 'include',
  resume: 'abc',
  lastEventId: 'abc:1',
  streamUrl: id => `/streams/${id}`,
  end: 'usage',
  maxRetries: Number.POSITIVE_INFINITY,
  retryDelay: 1,
  maxRetryDelay: 1,
  idleTimeout: false,
  onOpen: stream => stream.id satisfies string | undefined,
  onReconnect: ({ attempt, delay, error }) => [attempt + delay, error satisfies SseStreamError]
}
openStream<typeof Tokens>('/stream', { headers: { a: 'b' }, end: false })
openStream<typeof Tokens>('/stream', { headers: [['a', 'b']], idleTimeout: 1000 })
openStream('/stream', {
  headers: undefined,
  signal: undefined,
  maxRetries: undefined,
  validate: undefined,
  decode: undefined
})
// @ts-expect-error the route declares no such event
openStream<typeof Tokens>('/stream', { end: 'bye' })
// @ts-expect-error no option has this name
openStream('/stream', { heartbeat: 1 })
// @ts-expect-error a stream has a URL
openStream()

// What programs do with streams and errors.

export function wrapped<Schema extends EventStreamSchema>(
  ...args: Parameters<typeof openStream<Schema>>
): SseStream<Schema> {
  return openStream<Schema>(...args)
}
export const wrappedEvent = async () => {
  for await (const event of wrapped<typeof Tokens>('/stream', { body: {} })) {
    if (event.event === 'message') event.data.toUpperCase()
  }
}

export async function collect<T>(stream: AsyncIterable<T>): Promise<T[]> {
  const all: T[] = []
  for await (const item of stream) all.push(item)
  return all
}
export const collected: Promise<StreamEvent<typeof Tokens>[]> = collect(openStream<typeof Tokens>('/stream'))
export const stream: SseStream = openStream<typeof Tokens>('/stream')

export function describe(error: unknown): string {
  if (!(error instanceof SseStreamError)) throw error
  // @ts-expect-error the data is unknown
  error.data.length
  return `${error.statusCode?.toFixed()} ${error.code.length} ${error.retryAfter?.toFixed()} ${error.message}`
}
