import { once } from 'node:events'
import { setImmediate as turn } from 'node:timers/promises'
import { runInNewContext } from 'node:vm'
import type { FastifyReply, RouteOptions } from 'fastify'
import type { Random } from './random.js'
import { STEPS_AFTER, STEPS_BEFORE, type Step } from './reply-steps.js'

type Source = (signal: AbortSignal) => AsyncGenerator<unknown>

function failed(over: object = {}): Error {
  return Object.assign(new Error('failed'), over)
}

const SOURCES: Record<string, Source> = {
  async *'two events'() {
    yield 'a'
    yield 'b'
  },
  async *'no event'() {},
  async *'long events'() {
    yield 'ü'.repeat(3000)
    yield 'x'.repeat(100_000)
  },
  // biome-ignore lint/correctness/useYield: It fails before its first event.
  async *fails() {
    throw failed()
  },
  // biome-ignore lint/correctness/useYield: It fails before its first event.
  async *'fails with a status'() {
    throw failed({ statusCode: 402, headers: { 'x-error': '1' } })
  },
  // biome-ignore lint/correctness/useYield: It fails before its first event.
  async *'fails with an error of another realm'() {
    throw Object.assign(runInNewContext(`new Error('foreign')`), { statusCode: 404 })
  },
  // biome-ignore lint/correctness/useYield: It fails before its first event.
  async *'fails with a text'() {
    throw 'text'
  },
  async *'fails after its first event'() {
    yield 'a'
    throw failed()
  },
  async *'has an invalid event'() {
    yield { event: 'a\nb', data: 1 }
  },
  async *'stays open'(signal) {
    yield 'a'
    await once(signal, 'abort')
  }
}

type ErrorHandler = NonNullable<RouteOptions['errorHandler']>

const ERROR_HANDLERS: Record<string, ErrorHandler> = {
  answers: (error, _request, reply) => reply.code(499).send(error.message),
  'answers nothing': async (_error, _request, reply) => void reply.code(499),
  'answers late': async error => {
    await turn()
    return { own: error.message }
  },
  throws: () => {
    throw new Error('handler failed')
  },
  streams: (error, _request, reply) => reply.code(200).sseFrom([error.message]),
  'has an invalid header': (_error, _request, reply) => reply.header('x-bad', 'a\nb').send('own')
}

type Handler = (reply: FastifyReply, send: () => FastifyReply) => unknown

const HANDLERS: Record<string, Handler> = {
  returns: (_reply, send) => send(),
  'async, returns': async (_reply, send) => send(),
  'async, awaits': async (reply, send) => {
    await send()
    reply.log.info('awaited')
  },
  'async, forgets': async (_reply, send) => void send(),
  forgets: (_reply, send) => void send(),
  'async, returns another': async (_reply, send) => {
    send()
    return 'other'
  }
}

/** What an app does to answer one request with a stream. */
export interface Case {
  index: number
  name: string
  method: string
  version: string
  before: Step[]
  after: Step[]
  inSource: Step[]
  handler: Handler
  source: Source
  errorHandler: ErrorHandler | undefined
  streamOptions: Parameters<FastifyReply['sseFrom']>[1]
}

export function makeCase(random: Random, index: number): Case {
  const method = random.pick(['GET', 'GET', 'POST', 'HEAD'])
  const version = random.pick(['1.1', '1.1', '1.0'])
  const before = some(random, STEPS_BEFORE)
  const after = random.chance(0.5) ? some(random, STEPS_AFTER) : []
  const inSource = random.chance(0.3) ? some(random, STEPS_AFTER) : []
  const handler = random.chance(0.5) ? 'returns' : random.pick(Object.keys(HANDLERS))
  const source = random.pick(Object.keys(SOURCES))
  const errorHandler = random.pick(['', '', ...Object.keys(ERROR_HANDLERS)])
  const streamOptions = random.pick([{}, {}, {}, { retry: 1234 }, { commitAfter: 0 }, { end: false as const }])
  const parts = { index, method, version, before, after, inSource, handler, source, errorHandler, streamOptions }
  return {
    index,
    name: JSON.stringify(parts),
    method,
    version,
    before: before.map(name => STEPS_BEFORE[name] as Step),
    after: after.map(name => STEPS_AFTER[name] as Step),
    inSource: inSource.map(name => STEPS_AFTER[name] as Step),
    handler: HANDLERS[handler] as Handler,
    source: SOURCES[source] as Source,
    errorHandler: ERROR_HANDLERS[errorHandler],
    streamOptions
  }
}

function some(random: Random, steps: object): string[] {
  return Array.from({ length: random.below(3) }, () => random.pick(Object.keys(steps)))
}

/** Whether the client leaves, since nothing else will come. */
export function isLast({ source }: Case, text: string): boolean {
  return source === SOURCES['stays open'] && text.includes('data: a')
}

/** Whether it ends although no client leaves. */
export function endsByItself({ source }: Case): boolean {
  return source !== SOURCES['stays open']
}
