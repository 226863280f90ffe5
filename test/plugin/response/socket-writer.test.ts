import { once } from 'node:events'
import { createServer, type ServerResponse } from 'node:http'
import { type AddressInfo, connect } from 'node:net'
import t, { type Test } from 'tap'
import { SocketWriter } from '../../../plugin/response/write/socket-writer.js'
import { until } from '../../helpers/until.js'

/** Larger than the buffers of the kernel on both sides. */
const MANY_BYTES = 64 * 1024 * 1024

/** A response to a client that reads nothing until it is resumed. */
async function respond(t: Test) {
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const client = connect((server.address() as AddressInfo).port, '127.0.0.1').pause()
  t.teardown(() => {
    client.destroy()
    server.close()
  })
  client.write('GET / HTTP/1.1\r\nhost: localhost\r\n\r\n')
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
