import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { Readable } from 'node:stream'
import { constants, createBrotliCompress, createGzip, gzipSync } from 'node:zlib'
import t from 'tap'
import { openAiServer } from '../../helpers/openai-server.js'
import { until } from '../../helpers/until.js'
import { ask, chunkOf, DONE, dataOf, outcomeOf, replier, STOP, whole } from './harness.js'

const MIB = 1024 * 1024
const TOO_LONG = { message: 'the model provider sent more than 16777216 characters without an event', status: 502 }

t.test('limits: a redirect is not followed, wherever it leads', async t => {
  let followed = 0
  const other = createServer((_request, response) => {
    followed++
    response.end()
  })
  await new Promise<void>(resolve => other.listen(0, '127.0.0.1', resolve))
  t.teardown(() => other.close())
  const target = `http://127.0.0.1:${(other.address() as AddressInfo).port}/v1/chat/completions`
  const reply = await replier(t)
  for (const status of [301, 302, 303, 307, 308]) {
    for (const location of [target, '/v2/chat/completions', `${target}?key=sk-query`]) {
      const calls = reply.calls.length
      const { error } = await reply({ status, headers: { location }, body: 'moved' })
      t.match(error, {
        message: new RegExp(`answered with status ${status}: it redirects to another address, which is not followed`),
        status: 502
      })
      t.match(
        error?.words,
        `POST ${reply.url}/chat/completions: redirected to ${location.split('?')[0]}, status ${status}`
      )
      t.notMatch(error?.words, 'sk-query')
      t.equal(reply.calls.length, calls + 1)
    }
  }
  t.match((await reply({ status: 304, body: '' })).error, { status: 502 })
  t.equal(followed, 0)
})

t.test('limits: a line that never ends', async t => {
  const provider = await openAiServer(t, call => {
    call.write(chunkOf('a'))
    const head = call.body.model === 'unframed' ? '{"a":"' : 'data: {"a":"'
    call.write(call.body.model === 'comment' ? ':' : head)
    const more = () => {
      while (!call.response.destroyed && call.response.write('x'.repeat(65_536)));
    }
    call.response.on('drain', more)
    more()
  })
  for (const model of ['data', 'unframed', 'comment']) {
    const before = process.memoryUsage.rss()
    const { text, error } = await outcomeOf({ baseURL: provider.url, model })
    t.match([text, error], ['a', TOO_LONG], model)
    t.ok(process.memoryUsage.rss() - before < 300 * MIB, 'it is not kept')
  }
  await until('the connections are closed', () => provider.calls.every(({ closed }) => closed))
})

t.test('limits: lines without an event, without end', async t => {
  const provider = await openAiServer(t, call => {
    const line = call.body.model
    const more = () => {
      while (!call.response.destroyed && call.response.write(line.repeat(10_000)));
    }
    call.response.writeHead(200, { 'content-type': 'text/event-stream' })
    call.response.on('drain', more)
    more()
  })
  for (const model of ['\n', ':\n', ': a comment\n', 'event: ping\n', '}\n', '{\n', '"a": 1,\n']) {
    const { text, error } = await outcomeOf({ baseURL: provider.url, model })
    const what = /^[^:e\n]/.test(model) ? '100000 lines' : '16777216 characters'
    const message = `the model provider sent more than ${what} without an event`
    t.match([text, error], ['', { message, status: 502 }], JSON.stringify(model))
  }
})

t.test('limits: what is compressed is limited as what is not', async t => {
  const provider = await openAiServer(t, ({ body, response }) => {
    response.writeHead(200, { 'content-type': 'text/event-stream', 'content-encoding': 'gzip' })
    if (body.model === 'bomb') response.end(gzipSync(`data: ${'x'.repeat(200 * MIB)}`, { level: 1 }))
    else {
      const gzip = createGzip({ flush: constants.Z_SYNC_FLUSH })
      gzip.pipe(response)
      gzip.end(chunkOf('a') + STOP + DONE)
    }
  })
  t.match((await outcomeOf({ baseURL: provider.url, model: 'bomb' })).error, TOO_LONG)
  t.same(await whole(ask({ baseURL: provider.url, model: 'small' })), { tokens: ['a'], finishReason: 'stop' })
})

t.test('limits: a body of valid events is limited too, as it is decompressed', async t => {
  const provider = await openAiServer(t, async ({ body, response }) => {
    const encoding = body.model === 'br' ? 'br' : 'gzip'
    response.writeHead(200, { 'content-type': 'text/event-stream', 'content-encoding': encoding })
    const compressed =
      encoding === 'br'
        ? createBrotliCompress({ params: { [constants.BROTLI_PARAM_QUALITY]: 1 } })
        : createGzip({ level: 1 })
    compressed.on('error', () => {})
    const event = chunkOf('x'.repeat(MIB))
    Readable.from(
      (function* () {
        for (let i = 0; i < 300; i++) yield event
        yield STOP + DONE
      })()
    )
      .pipe(compressed)
      .pipe(response)
  })
  for (const model of ['gzip', 'br']) {
    let length = 0
    const read = async () => {
      for await (const part of ask({ baseURL: provider.url, model }))
        length += typeof part === 'string' ? part.length : 0
    }
    await t.rejects(read(), { message: 'the model provider sent more than 268435456 characters', statusCode: 502 })
    t.ok(length > 200 * MIB && length <= 256 * MIB, `${length} characters were read`)
  }
  await until('the connections are closed', () => provider.calls.every(({ closed }) => closed))
})

t.test('limits: the body of an error is not decompressed to its end', async t => {
  const bomb = gzipSync('x'.repeat(100 * MIB), { level: 1 })
  const provider = await openAiServer(t, ({ response }) => {
    response.writeHead(503, { 'content-type': 'text/plain', 'content-encoding': 'gzip' })
    response.end(bomb)
  })
  const before = process.memoryUsage.rss()
  const { error } = await outcomeOf({ baseURL: provider.url })
  t.match(error, { status: 503, words: /: x+$/ })
  t.ok((error?.words.length ?? 0) <= 2000)
  t.ok(process.memoryUsage.rss() - before < 300 * MIB, 'it is not kept')
})

t.test('limits: what is large and allowed', async t => {
  const reply = await replier(t)
  const image = 'A'.repeat(8 * MIB)
  const chunk = dataOf({ choices: [{ delta: { content: 'a', images: [{ image_url: { url: image } }] } }] })
  t.match(
    await reply(chunk + chunk + chunk + STOP),
    { text: 'aaa', error: undefined },
    'each event has room of its own'
  )
  const text = 'word '.repeat(MIB)
  t.equal((await reply(chunkOf(text) + STOP)).text, text)
  const answer = { choices: [{ message: { content: text }, finish_reason: 'stop' }] }
  t.equal((await reply({ type: 'application/json', body: JSON.stringify(answer, null, 2) })).text, text)
})

t.test('limits: an error body that never ends is not waited for', async t => {
  const provider = await openAiServer(t, ({ body, response }) => {
    response.writeHead(body.model === 'page' ? 200 : 503, { 'content-type': 'text/plain' })
    response.write('busy')
    if (body.model === 'slow') setInterval(() => response.write('.'), 100).unref()
  })
  await Promise.all(
    ['stalls', 'slow', 'page'].map(async model => {
      const start = performance.now()
      const { error } = await outcomeOf({ baseURL: provider.url, model })
      t.match(error, { status: model === 'page' ? 502 : 503, words: 'busy' })
      t.ok(performance.now() - start < 10_000)
    })
  )
  await until('the connections are closed', () => provider.calls.every(({ closed }) => closed))
})

t.test('limits: a document that never ends has the time of a beginning', async t => {
  const provider = await openAiServer(t, ({ body, response }) => {
    response.writeHead(200, { 'content-type': 'application/json' })
    response.write(body.model === 'whole' ? '{"choices":[{"message":{"content":"a"}}]}\n' : '{"choices":[{"mess')
  })
  t.match((await outcomeOf({ baseURL: provider.url, model: 'half', timeout: 100 })).error, {
    message: 'the model provider did not answer in time'
  })
  t.match(await outcomeOf({ baseURL: provider.url, model: 'whole', timeout: 5000 }), {
    text: 'a',
    finish: { finishReason: 'unknown' }
  })
})
