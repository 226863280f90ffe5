import { once } from 'node:events'
import { IncomingMessage, ServerResponse } from 'node:http'
import { connect, createServer, type Http2ServerResponse } from 'node:http2'
import { type AddressInfo, Socket } from 'node:net'
import { Readable } from 'node:stream'
import t from 'tap'
import { ReadableWriter } from '../../../plugin/response/write/readable-writer.js'

/** A Readable of 10 bytes, its writer, and a response that nothing is written to. */
function make() {
  const raw = new ServerResponse(new IncomingMessage(new Socket()))
  let writer: ReadableWriter | undefined
  const readable = new Readable({ highWaterMark: 10, read: () => writer?.read() })
  writer = new ReadableWriter(readable, raw)
  return { raw, readable, writer }
}

t.test('is ready until the Readable is full, and again when it is read', async t => {
  const { readable, writer } = make()
  t.strictSame([writer.isReady, writer.room], [true, 10])
  readable.read(0)
  writer.write('1234')
  t.strictSame([writer.isReady, writer.room], [true, 6])
  writer.write('567890')
  t.strictSame([writer.isReady, writer.room], [false, 0])
  let isDrained = false
  const drained = writer.drained().then(() => {
    isDrained = true
  })
  await new Promise(setImmediate)
  t.notOk(isDrained)
  let text = ''
  for (let chunk = readable.read(); chunk !== null; chunk = readable.read()) text += chunk
  t.equal(text, '1234567890')
  await drained
  t.ok(writer.isReady)
  writer.write('1')
  t.strictSame([writer.isReady, writer.room], [true, 9])
})

t.test('is idle unless the Readable is full or paused', async t => {
  const { readable, writer } = make()
  t.ok(writer.isIdle)
  readable.pause()
  t.notOk(writer.isIdle)
  readable.resume()
  t.ok(writer.isIdle)
  readable.pause()
  writer.write('1234567890')
  t.notOk(writer.isIdle)
})

t.test('is not idle while an HTTP/2 response waits for a drain', async t => {
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const client = connect(`http://127.0.0.1:${(server.address() as AddressInfo).port}`)
  t.teardown(() => {
    client.destroy()
    server.close()
  })
  client.request({ ':path': '/' }).pause()
  const [, raw] = (await once(server, 'request')) as [unknown, Http2ServerResponse]
  const writer = new ReadableWriter(new Readable({ read() {} }), raw)
  t.ok(writer.isIdle)
  raw.write('a'.repeat(10_000_000))
  t.notOk(writer.isIdle)
})

t.test('ends the Readable after the last text', async t => {
  for (const [last, expected] of [
    ['b', 'ab'],
    ['', 'a']
  ] as const) {
    const { readable, writer } = make()
    writer.write('a')
    writer.end(last)
    t.equal((await readable.toArray()).join(''), expected)
  }
})
