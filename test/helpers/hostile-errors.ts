import { runInNewContext } from 'node:vm'
import type { Random } from './random.js'

const refuse = (): never => {
  throw new Error('hidden')
}

/** An error of a provider, as a rule: a 429. */
function failure(fields: object = {}): Error {
  return Object.assign(new Error('slow down'), { status: 429 }, fields)
}

function withGetter(key: PropertyKey, get: () => unknown = refuse, error = failure()): Error {
  return Object.defineProperty(error, key, { get, configurable: true, enumerable: true })
}

function revoked(): object {
  const { proxy, revoke } = Proxy.revocable(failure(), {})
  revoke()
  return proxy
}

/** A getter that gives a value the first time, and then throws. */
function once(value: unknown): () => unknown {
  let isFirst = true
  return () => {
    if (!isFirst) refuse()
    isFirst = false
    return value
  }
}

class Unreadable extends Error {
  get code(): string {
    return refuse()
  }
  get statusCode(): number {
    return refuse()
  }
}
class Nameless extends Error {
  static override get name(): string {
    return refuse()
  }
}
class OwnSecret extends Error {
  readonly #status = 429
  get status(): number {
    return this.#status
  }
}

const TRAPS = { get: refuse, set: refuse, has: refuse, ownKeys: refuse, defineProperty: refuse, getPrototypeOf: refuse }
const KEYS = ['message', 'name', 'stack', 'code', 'status', 'statusCode', 'headers', 'cause', 'toJSON', 'constructor']
const VALUES: Record<string, () => unknown> = {
  'a symbol': () => Symbol('a'),
  'a bigint': () => 429n,
  'an object without a prototype': () => Object.create(null),
  'an object that is no text': () => ({ toString: 1, valueOf: 1 }),
  'an object that throws': () => withGetter('message'),
  'a function that throws': () => refuse,
  'a proxy': () => new Proxy({}, TRAPS),
  'a revoked proxy': revoked,
  null: () => null,
  'a number that is no status': () => 404.5
}

/** What a function of an app or of an SDK can throw, by its name. Each is made anew, since it may be changed. */
export const hostileErrors: Record<string, () => unknown> = {
  nothing: () => undefined,
  null: () => null,
  'a text': () => 'slow down',
  'a symbol': () => Symbol('a'),
  'a bigint': () => 5n,
  'a function': () => refuse,
  'an object': () => ({ statusCode: 429, message: 'slow down' }),
  'an object that throws': () => withGetter('then', refuse, withGetter('message', refuse, {} as Error)),
  'an object without a prototype': () => Object.create(null),
  'a proxy of an object': () => new Proxy({}, TRAPS),
  'a revoked proxy': revoked,
  'an error of 529': () => failure({ status: 529 }),
  'an error of 401': () => failure({ status: 401 }),
  'a proxy of an error': () => new Proxy(failure(), TRAPS),
  'a proxy that refuses to be read': () => new Proxy(failure(), { get: refuse }),
  'a proxy that refuses to be written': () => new Proxy(failure(), { set: refuse, defineProperty: refuse }),
  'a frozen error': () => Object.freeze(failure({ headers: { 'x-a': Symbol('a') } })),
  'a sealed error': () => Object.seal(failure({ cause: failure() })),
  'an error without a prototype': () => Object.setPrototypeOf(failure(), null),
  'an error with a proxy as its prototype': () => Object.setPrototypeOf(failure(), new Proxy(Error.prototype, TRAPS)),
  'an error of another realm': () => runInNewContext("Object.assign(new TypeError('slow down'), { status: 429 })"),
  'an object with the prototype of an error': () => Object.assign(Object.create(Error.prototype), { status: 429 }),
  'an object with the prototype of a DOMException': () => Object.create(DOMException.prototype),
  'a DOMException': () => new DOMException('slow down', 'TimeoutError'),
  'an error whose class throws': () => new Unreadable('slow down'),
  'an error whose class has no name': () => new Nameless('slow down'),
  'an error with private fields': () => new OwnSecret('slow down'),
  'an error in a circle': () => {
    const error: Error & { self?: unknown } = failure()
    error.self = error
    error.cause = error
    return error
  },
  'an error with a frozen error': () =>
    failure({ cause: Object.freeze(failure()), lastError: Object.freeze(failure()) }),
  'an error of hostile errors': () =>
    new AggregateError([new Proxy({}, TRAPS), revoked(), Object.freeze(failure())], 'x'),
  'an error with a proxy for a list': () => failure({ errors: new Proxy([], TRAPS) }),
  'an error with a message of 5 MB': () => Object.assign(failure(), { message: 'm"'.repeat(2_500_000) }),
  'an error with a code of 2 MB': () => failure({ code: 'c'.repeat(2_000_000) }),
  'an error that cannot be JSON': () => failure({ toJSON: refuse, big: 5n }),
  'an error with a proxy attached': () => failure({ response: new Proxy({}, TRAPS) }),
  'an error with an attached error that throws': () => failure({ inner: withGetter('message') }),
  'an error with headers that throw': () => failure({ headers: withGetter('x-a', refuse, {} as Error) }),
  'an error with headers that cannot be listed': () => failure({ headers: new Proxy({}, TRAPS) }),
  'an error with headers of symbols': () => failure({ headers: { 'x-a': Symbol('a'), 'x-b': [Symbol('b'), null] } }),
  'an error with a header in a proxy': () => failure({ headers: { 'x-a': new Proxy(['a'], TRAPS), 'x-b': [{}] } }),
  'an error with a header of several lines': () => failure({ headers: { 'x-a': 'a\r\nb', 'x\n': 'a' } })
}
for (const key of KEYS) {
  hostileErrors[`an error whose ${key} throws`] = () => withGetter(key)
  hostileErrors[`an error whose ${key} throws the second time`] = () => withGetter(key, once('text'))
  for (const [name, make] of Object.entries(VALUES)) {
    hostileErrors[`an error whose ${key} is ${name}`] = () => withValue(failure(), key, make())
  }
}

function withValue(error: Error, key: string, value: unknown): Error {
  return Object.defineProperty(error, key, { value, configurable: true, enumerable: true, writable: true })
}

/** An error with several of these faults, drawn at random. */
export function drawError(random: Random): unknown {
  let error = failure()
  // Otherwise it is made of the message when it is first read or replaced.
  String(error.stack)
  for (let count = 1 + random.below(4); count > 0; count--) {
    const key = random.pick(KEYS)
    if (random.chance(0.4)) error = withGetter(key, random.chance(0.5) ? refuse : once('text'), error)
    else error = withValue(error, key, random.pick(Object.values(VALUES))())
  }
  if (random.chance(0.2)) error = Object.setPrototypeOf(error, random.pick([null, new Proxy({}, TRAPS), {}]))
  if (random.chance(0.2)) Object.freeze(error)
  const traps = Object.fromEntries(Object.entries(TRAPS).filter(() => random.chance(0.3)))
  return random.chance(0.2) ? new Proxy(error, traps) : error
}
