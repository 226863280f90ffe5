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

// A known schema: events are told apart by their names.

export async function typed(): Promise<void> {
  const stream = openStream<typeof Tokens>('/stream', { body: { prompt: 'hi' } })
  for await (const event of stream) {
    const id: string | undefined = event.id
    if (event.event === 'message') event.data.toUpperCase()
    if (event.event === 'usage') [event.data.tokens.toFixed(), event.data.cost?.toFixed(), id]
    if (event.event === 'done') event.data.finishReason satisfies 'stop' | 'length'
    // @ts-expect-error the route declares no such event
    if (event.event === 'progress') continue
    // @ts-expect-error an error is thrown
    if (event.event === 'error') continue
    // @ts-expect-error the data of which event it is is not known
    event.data.toUpperCase()
  }
  const text: string = await stream.text()
  const stopped: boolean = await stream.stop()
  // @ts-expect-error the id is there once the response has begun
  stream.id.toUpperCase()
  // @ts-expect-error what it says of itself is read only
  stream.id = text
  stream.close()
  stream.retryNow()
  ;[stream.complete, stream.reconnects.toFixed(), stream.lastEventId?.length, stopped]
}
export const events: Same<StreamEvent<typeof Tokens>['event'], 'message' | 'usage' | 'done'> = yes

// The events that every stream has.

const Plain = eventStream({ message: Type.String() })
export const done: Same<Extract<StreamEvent<typeof Plain>, { event: 'done' }>['data'], Record<string, never>> = yes
const Failing = eventStream({ message: Type.String(), error: Type.Object({ why: Type.String() }) })
export const failing: Same<StreamEvent<typeof Failing>['event'], 'message' | 'done'> = yes

// The route that comes with the plugin.

export async function route(): Promise<void> {
  for await (const { event, data } of openStream<typeof RouteTokens>('/stream')) {
    if (event === 'done') [data.finishReason.length, data.usage?.totalTokens.toFixed()]
  }
}

// No known schema.

export async function untyped(): Promise<void> {
  for await (const { event, data } of openStream('/stream')) {
    if (event === 'anything') continue
    // @ts-expect-error nothing is known of the data
    data.toUpperCase()
  }
  openStream('/stream', { end: 'bye', decode: { title: 'text', message: 'json' } })
}
export const nothingKnown: Same<
  StreamEvent,
  { readonly event: string; readonly data: unknown; readonly id: string | undefined }
> = yes

// How data is read: whatever may be text and is no message, or is a message and no text, has to be told.

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
// @ts-expect-error it is not told
openStream<typeof Titled>('/stream')
// @ts-expect-error it is not told either
openStream<typeof Titled>('/stream', { body: {} })
// @ts-expect-error a title is text
openStream<typeof Titled>('/stream', { decode: { ...decode, title: 'json' } })
const { any: _any, ...part } = decode
// @ts-expect-error all of them have to be told
openStream<typeof Titled>('/stream', { decode: part })
// @ts-expect-error the route declares no such event
openStream<typeof Sized>('/stream', { decode: { message: 'json', usage: 'text' } })
// @ts-expect-error nothing has to be told
openStream<typeof Tokens>('/stream', { decode: { usage: 'text' } })

type DataOf<Name> = Extract<StreamEvent<typeof Titled>, { event: Name }>['data']
export const title: Same<DataOf<'title'>, string> = yes
export const size: Same<DataOf<'size'>, 'S' | 'L'> = yes
export const count: Same<DataOf<'count'>, string | number> = yes
export const note: Same<DataOf<'note'>, string | null> = yes
export const any: Same<DataOf<'any'>, string> = yes
export const usage: Same<DataOf<'usage'>, string[]> = yes

export const sized: Same<Extract<StreamEvent<typeof Sized>, { event: 'message' }>['data'], string | number> = yes

// `validate`: the schema says of what type events are, and so does a type that is given beside a function.

export async function validated(): Promise<void> {
  for await (const event of openStream('/stream', { validate: Tokens })) {
    if (event.event === 'usage') event.data.tokens.toFixed()
  }
  openStream<typeof Tokens>('/stream', { validate: Tokens })
  openStream<typeof Tokens>('/stream', { validate: (_event, data) => data as object })
  openStream('/stream', { validate: () => null })
  // @ts-expect-error it has to give the data back
  openStream('/stream', { validate: () => {} })
  // @ts-expect-error that is another schema
  openStream<typeof Tokens>('/stream', { validate: Plain })
  // @ts-expect-error that is none
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

// What a program makes of streams and errors.

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
  // @ts-expect-error it is not known
  error.data.length
  return `${error.statusCode?.toFixed()} ${error.code.length} ${error.retryAfter?.toFixed()} ${error.message}`
}
