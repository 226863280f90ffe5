import { once } from 'node:events'
import { createServer, type ServerResponse } from 'node:http'
import { type AddressInfo, connect, type Socket } from 'node:net'
import t, { type Test } from 'tap'
import { SocketWriter } from '../../../plugin/response/write/socket-writer.js'
import { until } from '../../helpers/until.js'

/** Larger than the buffers of the kernel on both sides. */
const MANY_BYTES = 64 * 1024 * 1024

/** A response to a client that reads nothing until it is resumed. */
async function respond(t: Test, httpVersion = '1.1') {
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const client = connect((server.address() as AddressInfo).port, '127.0.0.1').pause()
  t.teardown(() => {
    client.destroy()
    server.close()
  })
  client.write(`GET / HTTP/${httpVersion}\r\nhost: localhost\r\n\r\n`)
  const [, response] = (await once(server, 'request')) as [unknown, ServerResponse]
  return { client, response }
}

t.test('is ready until highWaterMark bytes wait, and again when the client has taken them', async t => {
  const { client, response } = await respond(t)
  const writer = new SocketWriter(response, MANY_BYTES)
  t.strictSame([writer.isReady, writer.isIdle, writer.room], [true, true, MANY_BYTES])
  writer.write('a', 1)
  t.strictSame([writer.isReady, writer.room], [true, MANY_BYTES - 1])
  writer.write('b'.repeat(MANY_BYTES), MANY_BYTES)
  t.strictSame([writer.isReady, writer.isIdle], [false, false])
  let isDrained = false
  const drained = writer.drained().then(() => {
    isDrained = true
  })
  await new Promise(setImmediate)
  t.notOk(isDrained)
  client.resume()
  await drained
  t.strictSame([writer.isReady, writer.isIdle, writer.room], [true, true, MANY_BYTES])
})

t.test('is not idle while the response itself waits for a drain', async t => {
  const { response } = await respond(t)
  const writer = new SocketWriter(response, 2 * MANY_BYTES)
  writer.write('a'.repeat(MANY_BYTES), MANY_BYTES)
  t.strictSame([writer.isReady, writer.isIdle], [true, false])
})

t.test('has its full room again once the response has passed everything on', async t => {
  const { client, response } = await respond(t)
  const writer = new SocketWriter(response, 100)
  writer.write('a', 1)
  client.resume()
  await until('the response is empty', () => response.writableLength === 0)
  writer.write('b', 1)
  t.equal(writer.room, 99)
})

t.test('is never ready again when the client leaves', async t => {
  const { client, response } = await respond(t)
  const writer = new SocketWriter(response, 1)
  writer.write('a'.repeat(MANY_BYTES), MANY_BYTES)
  let isDrained = false
  void writer.drained().then(() => {
    isDrained = true
  })
  client.resetAndDestroy()
  await until('the response is closed', () => response.closed)
  t.strictSame([writer.isReady, isDrained], [false, false])
})

t.test('ends the response with the last text', async t => {
  const { client, response } = await respond(t)
  response.shouldKeepAlive = false
  const writer = new SocketWriter(response, 100)
  writer.write('first', 5)
  writer.end('last', 4)
  let text = ''
  for await (const chunk of client.setEncoding('latin1')) text += chunk
  t.match(text, /first[\s\S]*last/)
})

/** What the socket of a response is given to send: a list for each call, with the pieces of what is sent together. */
function watchSocket({ socket }: ServerResponse): string[][] {
  const sent: string[][] = []
  const { _write, _writev } = socket as Socket
  Object.assign(socket as Socket, {
    _write(chunk: string | Buffer, encoding: BufferEncoding, callback: () => void) {
      sent.push([String(chunk)])
      _write.call(socket as Socket, chunk, encoding, callback)
    },
    _writev(chunks: { chunk: string | Buffer; encoding: BufferEncoding }[], callback: () => void) {
      sent.push(chunks.map(({ chunk }) => String(chunk)))
      ;(_writev as NonNullable<typeof _writev>).call(socket as Socket, chunks, callback)
    }
  })
  return sent
}

/** Reads a body up to its end. */
async function bodyOf(client: Socket): Promise<string> {
  let text = ''
  for await (const chunk of client.setEncoding('utf8')) text += chunk
  return text.slice(text.indexOf('\r\n\r\n') + 4)
}

t.test('hands the first text to the network at once, in one piece with the head', async t => {
  const { client, response } = await respond(t)
  response.shouldKeepAlive = false
  const sent = watchSocket(response)
  response.setHeader('x-own', 'é')
  const writer = new SocketWriter(response, 100)
  writer.write('first', 5)
  t.strictSame(
    sent.map(pieces => pieces.length),
    [1]
  )
  t.match(sent[0], [/^HTTP\/1\.1 200 OK\r\nx-own: é\r\n[\s\S]*\r\n\r\n5\r\nfirst\r\n$/])
  t.ok(writer.hasLeft)
  writer.end('last', 4)
  t.equal(await bodyOf(client), '5\r\nfirst\r\n4\r\nlast\r\n0\r\n\r\n')
})

t.test('leaves the first text to the response where it would change the head, or is not sent yet', async t => {
  const [other, corked] = [await respond(t), await respond(t)]
  other.response.shouldKeepAlive = false
  const sent = watchSocket(other.response)
  other.response.setHeader('x-own', 'é')
  const writer = new SocketWriter(other.response, 100)
  writer.write('ä', 2)
  t.strictSame([sent, writer.hasLeft], [[], false])
  writer.end('', 0)
  other.client.setEncoding('latin1')
  let text = ''
  for await (const chunk of other.client) text += chunk
  t.match(text, /^x-own: é\r$/m)
  corked.response.socket?.cork()
  const late = new SocketWriter(corked.response, 100)
  late.write('first', 5)
  t.notOk(late.hasLeft)
})

t.test('hands each text after the first to the socket in one piece', async t => {
  const { client, response } = await respond(t)
  response.shouldKeepAlive = false
  const sent = watchSocket(response)
  const writer = new SocketWriter(response, 100)
  writer.write('first', 5)
  await new Promise(setImmediate)
  sent.length = 0
  writer.write('second, which is longer', 23)
  writer.write('\u20ac', 3)
  t.strictSame(sent, [['17\r\nsecond, which is longer\r\n'], ['3\r\n\u20ac\r\n']])
  writer.end('last', 4)
  const body = '5\r\nfirst\r\n17\r\nsecond, which is longer\r\n3\r\n\u20ac\r\n4\r\nlast\r\n0\r\n\r\n'
  t.equal(await bodyOf(client), body)
})

t.test('hands long texts of one tick to the network together', async t => {
  const { client, response } = await respond(t)
  response.shouldKeepAlive = false
  const sent = watchSocket(response)
  const writer = new SocketWriter(response, MANY_BYTES)
  writer.write('first', 5)
  await new Promise(setImmediate)
  sent.length = 0
  for (const text of ['a', 'b']) writer.write(text.repeat(1025), 1025)
  writer.write('c', 1)
  t.equal(sent.length, 0)
  await new Promise(setImmediate)
  t.equal(sent.length, 1)
  writer.end('', 0)
  t.match((await bodyOf(client)).replaceAll('\r\n', ' '), /^5 first 401 a{1025} 401 b{1025} 1 c 0 {2}$/)
})

t.test('keeps the order of texts that come in the tick of the first', async t => {
  const { client, response } = await respond(t)
  response.shouldKeepAlive = false
  const writer = new SocketWriter(response, 100)
  for (const text of ['a', 'b', 'c']) writer.write(text, 1)
  response.write('own')
  writer.write('d', 1)
  writer.end('e', 1)
  t.equal((await bodyOf(client)).replaceAll('\r\n', ' '), '1 a 1 b 1 c 3 own 1 d 1 e 0  ')
})

t.test('does not make chunks over HTTP/1.0', async t => {
  const { client, response } = await respond(t, '1.0')
  const writer = new SocketWriter(response, 100)
  writer.write('first', 5)
  writer.write('second', 6)
  writer.end('last', 4)
  t.equal(await bodyOf(client), 'firstsecondlast')
})

t.test('writes to the response if a middleware has replaced its write', async t => {
  const { client, response } = await respond(t)
  response.shouldKeepAlive = false
  const seen: string[] = []
  const { write } = response
  Object.assign(response, {
    write(text: string, encoding: BufferEncoding) {
      seen.push(text)
      return write.call(response, text.toUpperCase(), encoding)
    }
  })
  const writer = new SocketWriter(response, 100)
  writer.write('first', 5)
  writer.write('second', 6)
  writer.end('', 0)
  t.strictSame(seen, ['first', 'second'])
  t.equal(await bodyOf(client), '5\r\nFIRST\r\n6\r\nSECOND\r\n0\r\n\r\n')
})

t.test('writes nothing to a connection whose response the app has ended', async t => {
  const { client, response } = await respond(t)
  response.shouldKeepAlive = false
  response.on('error', error => t.match(error, { code: 'ERR_STREAM_WRITE_AFTER_END' }))
  const writer = new SocketWriter(response, 100)
  writer.write('first', 5)
  response.end()
  writer.write('second', 6)
  t.equal(await bodyOf(client), '5\r\nfirst\r\n0\r\n\r\n')
})

t.test(
  'writes nothing more to a connection that Node is about to end, since its client has ended its side',
  async t => {
    const { client, response } = await respond(t)
    const writer = new SocketWriter(response, 2 * MANY_BYTES)
    writer.write('a'.repeat(MANY_BYTES), MANY_BYTES)
    const socket = response.socket as Socket
    const errors: Error[] = []
    socket.on('error', error => errors.push(error))
    client.end()
    await until('Node ends its side', () => socket.writableEnded)
    t.notOk(socket.destroyed)
    writer.write('b', 1)
    client.resume()
    await until('the response is closed', () => response.closed)
    t.strictSame(errors, [])
  }
)
