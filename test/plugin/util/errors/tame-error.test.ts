import { runInNewContext } from 'node:vm'
import Anthropic from '@anthropic-ai/sdk'
import { APICallError } from 'ai'
import OpenAI from 'openai'
import t from 'tap'
import { FST_SSE_EVENT_INVALID } from '../../../../plugin/errors.js'
import { StreamAbort } from '../../../../plugin/source/stream-abort.js'
import { tameError } from '../../../../plugin/util/errors/tame-error.js'
import { isError } from '../../../../plugin/util/errors/thrown.js'
import { drawError, hostileErrors } from '../../../helpers/hostile-errors.js'
import { Random, seed } from '../../../helpers/random.js'

type Fields = Error & Record<string, unknown>

t.test('errors as they are thrown everywhere stay what they are', async t => {
  const head = new Headers({ 'retry-after': '3' })
  const errors = [
    new TypeError('a', { cause: new Error('b') }),
    new AggregateError([new Error('a')], 'b'),
    new DOMException('a', 'TimeoutError'),
    AbortSignal.abort().reason as Error,
    new StreamAbort('left'),
    new FST_SSE_EVENT_INVALID('a', { cause: { any: 'thing' } }),
    new OpenAI.APIError(429, { message: 'a', code: null }, 'a', head),
    new Anthropic.RateLimitError(429, {}, 'a', head, null),
    new APICallError({ message: 'a', url: 'b', requestBodyValues: {}, responseHeaders: { a: 'b' } }),
    Object.assign(new Error('a'), { response: { data: {} }, headers: { 'x-a': 'b', 'x-b': ['c'] }, errno: -2 }),
    await fetch('http://127.0.0.1:1').catch((error: Error) => error)
  ]
  for (const error of errors) t.equal(tameError(error as Error), error, String(error))
})

t.test('a copy has the class, the texts and the fields', async t => {
  class SdkError extends Error {
    override name = 'SdkError'
    status = 429
    readonly #id = 'r1'
    get requestID() {
      return this.#id
    }
    retry() {
      return 'again'
    }
  }
  const response = { body: 'x' }
  const cause = new Error('b')
  const error = Object.freeze(Object.assign(new SdkError('a', { cause }), { response, [Symbol.for('mine')]: 1 }))
  const copy = tameError(error) as SdkError & Record<PropertyKey, unknown>
  t.not(copy, error)
  t.ok(copy instanceof SdkError)
  t.match(copy, { name: 'SdkError', message: 'a', status: 429, stack: error.stack })
  t.equal(copy.response, response)
  t.equal(copy[Symbol.for('mine')], 1)
  t.equal(copy.cause, cause)
  t.equal(copy.retry(), 'again')
  t.same(Object.keys(copy), Object.keys(error))
})

t.test('a copy has nothing that cannot be read or used', async t => {
  const error = Object.assign(new Error('a'), { code: Symbol('a'), headers: null, cause: () => 1, status: 429 })
  const copy = tameError(error) as Fields
  t.match(copy, { message: 'a', status: 429 })
  t.same([copy.code, copy.headers, copy.cause], [undefined, undefined, undefined])
  const nested = tameError(Object.assign(new Error('a'), { cause: { cause: new Proxy({}, {}) } })) as Fields
  t.equal(nested.cause, undefined)
  const deep = { cause: { cause: { cause: { cause: { cause: {} } } } } }
  const fine = Object.assign(new Error('a'), deep)
  t.equal(tameError(fine), fine)
})

t.test('an error of another realm becomes one of this', async t => {
  const error = runInNewContext("new RangeError('a')") as unknown
  t.ok(isError(error))
  const copy = tameError(error as Error)
  t.ok(copy instanceof Error)
  t.match(copy, { name: 'RangeError', message: 'a', stack: /^RangeError: a\n/ })
})

t.test(`any copy is an error that is not copied again (seed ${seed})`, async t => {
  const random = new Random(seed)
  const drawn = Array.from({ length: 300 }, (_, i) => [`drawn ${i}`, () => drawError(random)] as const)
  for (const [name, make] of [...Object.entries(hostileErrors), ...drawn]) {
    const error = make()
    if (!isError(error)) continue
    const copy = tameError(error)
    t.equal(tameError(copy), copy, name)
    t.match([copy.name, copy.message, copy.stack], [String, String, String], name)
  }
})

t.test('an error behind a proxy whose traps throw becomes a copy', t => {
  const traps = ['isExtensible', 'ownKeys', 'getOwnPropertyDescriptor', 'get', 'has', 'getPrototypeOf'] as const
  for (const trap of traps) {
    const error = new Proxy(Object.assign(new Error('a'), { extra: 1 }), {
      [trap]: () => {
        throw new Error(trap)
      }
    })
    const copy = tameError(error)
    t.not(copy, error, trap)
    t.ok(copy instanceof Error)
    t.equal(tameError(copy), copy, 'which is tame')
    t.equal(copy.message, trap === 'get' ? '' : 'a', trap)
  }
  t.end()
})

t.test('a copy has what the getters of a class give, where a copy cannot ask them', async t => {
  class Shown extends Error {
    readonly #limit = 3
    get limit() {
      return this.#limit
    }
  }
  // As a decorator of a class does it.
  Object.defineProperty(Shown.prototype, 'limit', {
    ...Object.getOwnPropertyDescriptor(Shown.prototype, 'limit'),
    enumerable: true
  })
  const copy = tameError(Object.freeze(new Shown('a'))) as Shown
  t.ok(copy instanceof Shown)
  t.equal(copy.limit, 3)
})

t.test('a cause that inherits from a proxy is left out', async t => {
  const cause = Object.create(new Proxy({}, {}))
  const copy = tameError(new Error('a', { cause }))
  t.equal(copy.cause, undefined)
  t.equal(copy.message, 'a')
})
