import t from 'tap'
import { FST_SSE_EVENT_INVALID } from '../../../plugin/errors.js'
import { errorEvent, statusOf, stopError, toError } from '../../../plugin/framing/failure.js'

function failure(fields: object = {}, message = 'what went wrong'): Error {
  return Object.assign(new Error(message), fields)
}

t.test('returns an Error unchanged', async t => {
  const error = new TypeError('a')
  t.equal(toError(error), error)
})

t.test('wraps any other thrown value in an Error, as its cause', async t => {
  for (const thrown of ['text', 5, null, undefined, { statusCode: 404, message: 'a' }, Symbol('a')]) {
    const error = toError(thrown) as Error & { code: string; statusCode: number }
    t.ok(error instanceof Error)
    t.equal(error.code, 'FST_SSE_SOURCE_FAILED')
    t.equal(error.statusCode, 500)
    t.equal(error.message, 'the source failed')
    t.equal(error.cause, thrown)
  }
})

t.test('copies the status from where some SDKs put it', async t => {
  const shapes = [{ status_code: 429 }, { lastError: { statusCode: 429 } }, { lastError: failure({ status: 429 }) }]
  for (const fields of shapes) {
    const thrown = failure(fields)
    t.equal(toError(thrown), thrown)
    t.equal((thrown as Error & { statusCode?: number }).statusCode, 429)
    t.equal(statusOf(thrown), 429)
    t.same(Object.keys(thrown), Object.keys(fields), 'it is not among the properties that a log shows')
  }
  t.equal(statusOf(toError(failure({ status: 401, status_code: 429 }))), 401, 'unless it has one where it belongs')
  for (const fields of [{ status_code: 200 }, { status_code: '429' }, { lastError: undefined }, { lastError: 429 }]) {
    t.notOk('statusCode' in toError(failure(fields)))
  }
})

t.test('has the status in statusCode, where NestJS and many error handlers look for it', async t => {
  for (const fields of [{ status: 429 }, { status: 429, statusCode: 200 }, { status: 429, statusCode: undefined }]) {
    const error = toError(failure(fields)) as Error & { statusCode: number }
    t.equal(error.statusCode, 429)
  }
  t.equal((stopError(AbortSignal.abort(failure({ status: 402 }))) as Error & { statusCode: number }).statusCode, 402)
})

t.test('copies an error that cannot be changed, with its status', async t => {
  const refuse = () => {
    throw new Error('no')
  }
  for (const thrown of [
    Object.freeze(failure({ status_code: 429 })),
    new Proxy(failure({ status_code: 429 }), { defineProperty: refuse })
  ]) {
    const error = toError(thrown)
    t.not(error, thrown)
    t.match(error, { message: 'what went wrong', stack: thrown.stack, status_code: 429, statusCode: 429 })
    t.equal(toError(error), error, 'a copy is not copied again')
  }
})

t.test('has a text for a message that is none', async t => {
  for (const message of [Symbol('a'), { toString: 1 }, undefined, 5]) {
    t.equal(toError(failure({ message, status: 429 })).message, 'Too Many Requests')
    t.equal(toError(failure({ message })).message, 'Internal Server Error')
  }
})

t.test('the status of an error', async t => {
  t.test('is its statusCode or its status, from 400 to 599', async t => {
    for (const status of [400, 401, 429, 499, 500, 502, 529, 599]) {
      t.equal(statusOf(failure({ statusCode: status })), status)
      t.equal(statusOf(failure({ status })), status)
    }
  })

  t.test('is its statusCode if it has both, unless that is invalid', async t => {
    t.equal(statusOf(failure({ statusCode: 404, status: 429 })), 404)
    t.equal(statusOf(failure({ statusCode: 200, status: 429 })), 429)
    t.equal(statusOf(failure({ statusCode: undefined, status: 429 })), 429)
  })

  t.test('is 500 otherwise', async t => {
    t.equal(statusOf(failure()), 500)
    for (const status of [0, 200, 302, 399, 600, 404.5, -404, Number.NaN, '404', null, {}, [404]]) {
      t.equal(statusOf(failure({ statusCode: status })), 500, String(status))
      t.equal(statusOf(failure({ status })), 500, String(status))
    }
  })
})

t.test('the event of an error', async t => {
  t.test('has the message of a 4xx', async t => {
    t.strictSame(errorEvent(failure({ statusCode: 429, code: 'rate_limited' }, 'slow down')), {
      event: 'error',
      data: { statusCode: 429, code: 'rate_limited', message: 'slow down' }
    })
  })

  t.test('hides the message of a 5xx behind the name of its status', async t => {
    const names = {
      500: 'Internal Server Error',
      502: 'Bad Gateway',
      503: 'Service Unavailable',
      504: 'Gateway Timeout'
    }
    for (const [statusCode, message] of Object.entries(names)) {
      const { data } = errorEvent(failure({ statusCode: Number(statusCode) }, 'password is hunter2'))
      t.strictSame(data, { statusCode: Number(statusCode), code: 'FST_SSE_SOURCE_FAILED', message })
    }
    t.equal(errorEvent(failure({}, 'password is hunter2')).data?.message, 'Internal Server Error')
  })

  t.test('has a message for a status without a name', async t => {
    t.equal(errorEvent(failure({ status: 529 }, 'overloaded at 10.0.0.1')).data?.message, 'Server Error')
  })

  t.test('has the code of an error if that is a string', async t => {
    t.equal(errorEvent(new FST_SSE_EVENT_INVALID('a')).data?.code, 'FST_SSE_EVENT_INVALID')
    t.equal(errorEvent(failure({ code: 'ECONNRESET' })).data?.code, 'ECONNRESET')
    for (const code of [undefined, null, 5, {}, ['A'], Symbol('A')]) {
      t.equal(errorEvent(failure({ code })).data?.code, 'FST_SSE_SOURCE_FAILED')
    }
  })

  t.test('cuts what is too long for it', async t => {
    const { data } = errorEvent(failure({ statusCode: 400, code: 'c'.repeat(201) }, `${'m'.repeat(3999)}\u{1f600}`))
    t.equal(data.code, 'FST_SSE_SOURCE_FAILED')
    t.equal(data.message, 'm'.repeat(3999), 'without half of a character')
  })

  t.test('has no other property of the error', async t => {
    const { data } = errorEvent(failure({ statusCode: 401, apiKey: 'sk-12345', headers: {}, cause: 'a' }))
    t.same(Object.keys(data ?? {}), ['statusCode', 'code', 'message'])
  })
})

t.test('the error of a stream that its signal stops', async t => {
  t.test('is the reason of the signal, if that has a status', async t => {
    for (const fields of [{ statusCode: 402 }, { status: 402 }]) {
      const reason = failure(fields)
      t.equal(stopError(AbortSignal.abort(reason)), reason)
    }
  })

  t.test('is a 503 with the reason as its cause otherwise', async t => {
    const reasons = [failure(), failure({ statusCode: 200 }), 'text', null, { statusCode: 402 }, new DOMException('a')]
    for (const reason of reasons) {
      const error = stopError(AbortSignal.abort(reason)) as Error & { code: string }
      t.equal(error.code, 'FST_SSE_STOPPED')
      t.equal(statusOf(error), 503)
      t.equal(error.cause, reason)
    }
    t.equal((stopError(AbortSignal.abort()).cause as Error).name, 'AbortError')
  })
})
