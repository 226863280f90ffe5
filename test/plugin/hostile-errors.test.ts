import type { FastifyInstance } from 'fastify'
import t, { type Test } from 'tap'
import type { StreamOptions } from '../../plugin/index.js'
import { anthropicRoutes, chatRoutes, openAiRoutes, responsesRoutes, streamRoutes } from '../../routes/index.js'
import { type Client, fetchAll } from '../helpers/client.js'
import { drawError, hostileErrors } from '../helpers/hostile-errors.js'
import { Random, seed } from '../helpers/random.js'
import { serve } from '../helpers/server.js'
import { until } from '../helpers/until.js'

type Options = StreamOptions<never>
type Throw = () => never

/** A source and options of a stream one of whose functions throws, and how the stream must end. */
interface Place {
  readonly source?: (fail: Throw) => unknown
  readonly options?: (fail: Throw) => unknown
  readonly ends: 'early' | 'late' | 'whole' | 'broken'
}

async function* one() {
  yield 'a'
  return {}
}

function plain(broken: object, start = () => {}) {
  const stream = {
    item: (data: unknown) => ({ data }),
    end: () => ({ event: 'end' }),
    error: () => ({ event: 'failed' })
  }
  return {
    protocol: {
      start: () => {
        start()
        return { ...stream, ...broken }
      }
    }
  }
}

/** A signal that is aborted with what `fail` throws. */
function aborted(fail: Throw, controller = new AbortController()) {
  try {
    fail()
  } catch (reason) {
    controller.abort(reason)
  }
  return { signal: controller.signal }
}

const asyncFail = (fail: Throw) => async () => fail()

const late = (fail: Throw) =>
  async function* () {
    yield 'a'
    fail()
  }

const places: Record<string, Place> = {
  'a function': { source: fail => fail, ends: 'early' },
  'an async function': { source: asyncFail, ends: 'early' },
  'an iterable': { source: fail => () => ({ [Symbol.asyncIterator]: fail }), ends: 'early' },
  'a generator before its first event': {
    source: fail =>
      async function* () {
        yield* []
        fail()
      },
    ends: 'early'
  },
  'a generator midway': { source: late, ends: 'late' },
  'next and return': {
    source: fail => () => {
      let count = 0
      const next = () => (count++ === 0 ? { value: 'a', done: false } : fail())
      return {
        controller: { abort: fail },
        cancel: asyncFail(fail),
        [Symbol.asyncIterator]: () => ({ next, return: fail })
      }
    },
    ends: 'late'
  },
  map: { options: map => ({ map }), ends: 'early' },
  isComplete: { options: isComplete => ({ isComplete }), ends: 'early' },
  usageOf: { options: usageOf => ({ usageOf, onFinish: () => {} }), ends: 'whole' },
  onClose: { options: onClose => ({ onClose }), ends: 'whole' },
  'onClose, later': { options: fail => ({ onClose: asyncFail(fail) }), ends: 'whole' },
  onFinish: { options: onFinish => ({ onFinish }), ends: 'whole' },
  'onError of a stream that fails like that': { source: late, options: onError => ({ onError }), ends: 'late' },
  'a signal before the source': { options: aborted, ends: 'early' },
  'the start of a protocol': { options: fail => plain({}, fail), ends: 'early' },
  'an item of a protocol': { options: item => plain({ item }), ends: 'early' },
  'the end of a protocol': { options: end => plain({ end }), ends: 'late' },
  'the error of a protocol': { source: late, options: error => plain({ error }), ends: 'broken' }
}

/** Where each of the errors is thrown. */
const TRY_ALL = ['a generator before its first event', 'a generator midway', 'the start of a protocol']

const owners: Record<string, Place> = {
  owner: { options: owner => ({ resumable: { owner } }), ends: 'early' },
  'owner, later': { options: fail => ({ resumable: { owner: asyncFail(fail) } }), ends: 'early' }
}

/** Checks an error response, and gives its status. */
function checkEarly(t: Test, { status = 0, text }: Client, name: string): void {
  t.ok(status >= 400, `${name}: ${status}`)
  t.type(JSON.parse(text()), 'object')
}

function checkEnd(t: Test, client: Client, { ends }: Place, isResumable: boolean, name: string): void {
  if (ends === 'early') {
    checkEarly(t, client, name)
    return
  }
  t.equal(client.status, 200, name)
  if (ends === 'broken' && !isResumable) {
    t.equal(client.ended, 'broken', name)
    return
  }
  t.equal(client.ended, 'clean', name)
  t.match(client.events().at(-1)?.event, ends === 'whole' ? 'done' : /error|failed/, name)
}

/** What an app does with errors. */
function watchErrors(t: Test, app: FastifyInstance): void {
  app.addHook('onError', async (_request, _reply, error) => {
    const { name, message, stack, code, statusCode } = error
    t.ok(error instanceof Error && [name, message, stack].every(text => typeof text === 'string'), name)
    t.ok(['undefined', 'string', 'number'].includes(typeof (code ?? undefined)), `the code is a ${typeof code}`)
    t.ok(statusCode === undefined || statusCode >= 400)
  })
}

const random = new Random(seed)
const all = Object.entries(hostileErrors)

/** Some of the errors, and some that are drawn. */
function some(count: number): [name: string, make: () => unknown][] {
  return Array.from({ length: count }, (_, i) => (i % 2 === 0 ? random.pick(all) : ['drawn', () => drawError(random)]))
}

for (const resumable of [false, true]) {
  t.test(`a ${resumable ? 'resumable' : 'plain'} stream survives whatever is thrown (seed ${seed})`, async t => {
    const here = Object.entries(resumable ? { ...places, ...owners } : places)
    let make: () => unknown = () => undefined
    const fail: Throw = () => {
      throw make()
    }
    const { url, log } = await serve(t, app => {
      watchErrors(t, app)
      for (const [i, [, { source, options }]] of here.entries()) {
        app.get(`/${i}`, (_request, reply) => {
          const given = { resumable, ...(options?.(fail) as object) } as Options
          return reply.sseFrom((source?.(fail) ?? (() => one())) as never, given)
        })
      }
    })
    for (const [i, [path, place]] of here.entries()) {
      for (const [name, error] of TRY_ALL.includes(path) ? all : some(20)) {
        make = error
        log.length = 0
        const client = await fetchAll(`${url}/${i}`)
        checkEnd(t, client, place, resumable, `${path} throws ${name}`)
        if (/^on(Close|Finish)/.test(path))
          await until('it is logged', () => log.some(({ msg }) => msg.includes('failed')))
      }
    }
  })
}

t.test(`ready routes survive whatever is thrown (seed ${seed})`, async t => {
  let make: () => unknown = () => undefined
  let isLate = false
  const { url } = await serve(t, async app => {
    watchErrors(t, app)
    const generate = async function* (): AsyncGenerator<string, { finishReason: 'stop' }> {
      if (isLate) yield 'a'
      throw make()
    }
    await app.register(streamRoutes, { generate })
    await app.register(openAiRoutes, { generate, models: ['m'] })
    await app.register(responsesRoutes, { generate, models: ['m'] })
    await app.register(anthropicRoutes, { generate })
    await app.register(chatRoutes, { generate })
  })
  const messages = [{ role: 'user', content: 'hi' }]
  const message = { id: '1', role: 'user', parts: [{ type: 'text', text: 'hi' }] }
  const requests: [path: string, body: object, isWhole: boolean, headers?: Record<string, string>][] = [
    ['/stream', { prompt: 'hi' }, false],
    ['/stream', { prompt: 'hi' }, true, { accept: 'application/json' }],
    ['/v1/chat/completions', { model: 'm', messages, stream: true }, false],
    ['/v1/chat/completions', { model: 'm', messages }, true],
    ['/v1/responses', { model: 'm', input: 'hi', stream: true }, false],
    ['/v1/responses', { model: 'm', input: 'hi' }, true],
    ['/v1/messages', { model: 'm', max_tokens: 5, messages, stream: true }, false],
    ['/v1/messages', { model: 'm', max_tokens: 5, messages }, true],
    ['/api/chat', { id: 'c', messages: [message] }, false]
  ]
  for (const [name, error] of some(40)) {
    make = error
    for (const [path, body, isWhole, headers = {}] of requests) {
      for (isLate of [false, true]) {
        const client = await fetchAll(url + path, { body, headers })
        if (isWhole || client.status !== 200) checkEarly(t, client, `${path} throws ${name}`)
        else t.match(client.text(), /error|failed/, `${path} throws ${name}`)
        t.equal(client.ended, 'clean')
      }
    }
  }
})
