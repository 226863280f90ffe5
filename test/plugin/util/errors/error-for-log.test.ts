import t from 'tap'
import { errorForLog, hideFromLog } from '../../../../plugin/util/errors/error-for-log.js'
import { maskSecrets } from '../../../../plugin/util/errors/secrets.js'
import { logError } from '../../../../plugin/util/log.js'

t.test('masks keys and organizations by what they look like, and by what stands before them', async t => {
  for (const [text, masked] of [
    ['Incorrect API key provided: sk-proj-abc***xyz. See', 'Incorrect API key provided: [secret] See'],
    ['the key sk-ant-api03-AbC_d-9 is wrong', 'the key [secret] is wrong'],
    ['in organization org-AbCdEf123456 on tokens', 'in organization [secret] on tokens'],
    ['no such key gsk_0123456789abcdef!', 'no such key [secret]!'],
    ['key=AIzaSyA0123456789 refused', 'key=[secret] refused'],
    ['AKIAIOSFODNN7EXAMPLE', '[secret]'],
    ['eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxIn0.abc_def', '[secret]'],
    ['authorization: Bearer abcdefgh12345678', 'authorization: Bearer [secret]'],
    ['Basic dXNlcjpwYXNzd29yZA== was sent', 'Basic [secret] was sent'],
    ['{"x-api-key":"anything-at-all"}', '{"x-api-key":"[secret]"}'],
    ['{\\"api_key\\":\\"anything\\"}', '{\\"api_key\\":\\"[secret]\\"}'],
    ['access token: anything', 'access token: [secret]']
  ] as const) {
    t.equal(maskSecrets(text), masked)
  }
})

t.test('masks nothing else', async t => {
  for (const text of [
    'the bearer token is missing',
    'slow down, basic information is in the docs',
    'postgres://user@db/table-skip-1',
    'ask-me-anything, disk-usage-high',
    'an API key is required',
    ''
  ]) {
    t.equal(maskSecrets(text), text)
  }
})

t.test('masks the keys in the environment, whatever they look like', async t => {
  process.env.SOME_API_KEY = 'plain words'
  process.env.SHORT_KEY = 'short'
  t.teardown(() => {
    delete process.env.SOME_API_KEY
    delete process.env.SHORT_KEY
  })
  t.equal(maskSecrets('no plain words, in short'), 'no [secret], in short')
})

t.test('copies of errors for the log', async t => {
  class SdkError extends Error {
    status = 503
    requestID = 'r1'
    isRetryable = true
    response = { headers: { authorization: 'Bearer x' } }
    body = 'x'.repeat(1000)
    note = 'key sk-abcdefgh'
  }
  const error = new SdkError('key sk-abcdefgh', { cause: new Error('of sk-abcdefgh') })

  t.test('have the class, the message, the stack and the plain fields, without keys', async t => {
    const copy = errorForLog(error) as SdkError
    t.ok(copy instanceof SdkError)
    t.equal(copy.message, 'key [secret]')
    t.match(copy.stack, /^Error: key \[secret\]\n {4}at /)
    t.same({ ...copy }, { status: 503, requestID: 'r1', isRetryable: true, note: 'key [secret]' })
    t.match(copy.cause, { message: 'of [secret]' })
    t.equal(error.message, 'key sk-abcdefgh', 'the error itself stays as it is')
  })

  t.test('end somewhere, also where causes and parts run in circles', async t => {
    const circle = new AggregateError([], 'circle')
    circle.cause = circle
    circle.errors = [circle, 'no error', circle]
    let depth = 0
    for (let at = errorForLog(circle); at !== undefined; at = at.cause as Error) depth++
    t.equal(depth, 5)
    t.equal((errorForLog(circle) as AggregateError).errors.length, 2)
  })

  t.test('can be logged, whatever their class', async t => {
    for (const one of [AbortSignal.abort().reason, new DOMException('key sk-abcdefgh', 'DataError')] as Error[]) {
      const copy = errorForLog(one)
      t.ok(copy instanceof DOMException)
      t.equal(copy.name, one.name)
      t.notMatch(copy.message, 'sk-')
      for (const key in copy) t.doesNotThrow(() => Reflect.get(copy, key))
    }
  })

  t.test('are made of any error', async t => {
    const refuse = () => {
      throw new Error('no')
    }
    const proxy = new Proxy(new Error('a'), { get: refuse, ownKeys: refuse })
    t.equal(errorForLog(proxy).message, '')
    t.equal(errorForLog(Object.assign(new Error('a'), { message: 5 })).message, '')
    t.equal(errorForLog(Object.freeze(new Error('a'))).message, 'a')
    t.equal(errorForLog(new Error('a'.repeat(10_000))).message.length, 4000)
  })

  t.test('are what the log gets, unless that fails', async t => {
    const lines: unknown[] = []
    const log = {
      error(...line: unknown[]) {
        if (line.length > 1 && lines.length === 1) throw new Error('no')
        lines.push(line[0])
      }
    }
    for (const one of [error, error, 'text']) logError(log as never, 'error', one, 'failed')
    t.match(lines, [
      { err: { message: 'key [secret]' } },
      'failed, with an error that cannot be logged',
      { err: 'text' }
    ])
  })
})

t.test('an error that is made fit for the log keeps what is attached to it, out of sight', async t => {
  const error = Object.assign(new Error('key sk-abcdefgh'), {
    response: { body: 'x' },
    status: 429,
    type: 'a',
    note: 'sk-abcdefgh'
  })
  hideFromLog(error)
  t.equal(error.message, 'key [secret]')
  t.notMatch(error.stack, 'sk-abc')
  t.same(Object.keys(error), ['status', 'type'])
  t.equal(error.note, 'sk-abcdefgh')
  const outer = new Error('lost', { cause: new TypeError('key sk-abcdefgh') })
  hideFromLog(outer)
  t.match(outer.cause, { message: 'key [secret]' })
  t.ok(outer.cause instanceof TypeError)
  t.same(error.response, { body: 'x' })
  const frozen = Object.freeze(Object.assign(new Error('key sk-abcdefgh'), { response: {} }))
  hideFromLog(frozen)
  t.equal(frozen.message, 'key sk-abcdefgh')
})
