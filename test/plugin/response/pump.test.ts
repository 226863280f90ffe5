import type { FastifyReply } from 'fastify'
import t, { type Test } from 'tap'
import { frameChunk, lastChunk, SKIPPED } from '../../../plugin/framing/chunk.js'
import { Summary } from '../../../plugin/response/summary/summary.js'
import { Pump, type PumpSettings } from '../../../plugin/response/write/pump.js'
import type { Writer } from '../../../plugin/response/write/writer.js'
import { Deadlines } from '../../../plugin/util/timing/deadlines.js'
import { build } from '../../helpers/server.js'

/** A writer that collects texts. */
class TextCollector implements Writer {
  isReady = true
  isIdle = true
  room = 1000
  readonly texts: string[] = []
  bytes = 0
  ended: string | undefined

  async drained(): Promise<void> {}

  write(text: string, bytes: number): void {
    this.texts.push(text)
    this.bytes += bytes
  }

  end(text: string): void {
    this.ended = text
  }
}

/** A pump on an open response. */
async function make(t: Test, settings: Partial<PumpSettings> = {}) {
  const { app } = build(t)
  // A reply is a thenable, so a promise cannot resolve with it.
  const { reply } = await new Promise<{ reply: FastifyReply }>(resolve => {
    app.get('/', (_request, reply) => void resolve({ reply }))
    // It rejects when a test destroys the response.
    app.inject('/').catch(() => {})
  })
  const writer = new TextCollector()
  const deadlines = new Deadlines()
  const summary = new Summary(reply, {})
  const pump = new Pump(writer, reply.raw, { heartbeat: 1000, retry: undefined, ...settings }, deadlines, summary)
  t.teardown(() => {
    pump.close()
    reply.send('')
  })
  return { pump, writer, deadlines, summary, reply }
}

const settled = () => new Promise(setImmediate)

t.test('writes the first chunk at once, and later ones together', async t => {
  const { pump, writer, summary } = await make(t)
  t.notOk(pump.hasBegun)
  pump.take(frameChunk('a'))
  t.ok(pump.hasBegun)
  t.strictSame(writer.texts, ['a'])
  pump.take(frameChunk('b'))
  pump.take(SKIPPED)
  pump.take(frameChunk('é'))
  t.strictSame(writer.texts, ['a'])
  await settled()
  t.strictSame(writer.texts, ['a', 'bé'])
  t.equal(writer.bytes, 4)
  t.equal(summary.bytes, 4)
})

t.test('sends the reconnect delay before the first event', async t => {
  const { pump, writer } = await make(t, { retry: 5 })
  pump.take(frameChunk('a'))
  await settled()
  t.strictSame(writer.texts, ['retry: 5\na'])
})

t.test('writes at once when the chunks fill the room of the writer', async t => {
  const { pump, writer } = await make(t)
  pump.take(frameChunk('a'))
  writer.room = 3
  pump.take(frameChunk('bbb'))
  t.strictSame(writer.texts, ['a', 'bbb'])
})

t.test('writes nothing more at the end of a turn whose chunks have filled the room', async t => {
  const { pump, writer } = await make(t)
  pump.take(frameChunk('a'))
  pump.take(frameChunk('b'))
  writer.room = 3
  pump.take(frameChunk('ccc'))
  await settled()
  t.strictSame(writer.texts, ['a', 'bccc'])
})

t.test('writes earlier chunks first when a counted chunk exceeds the room', async t => {
  const { pump, writer } = await make(t)
  pump.take(frameChunk('a'))
  pump.take(frameChunk('b'))
  writer.room = 100
  pump.take({ ...frameChunk('c'.repeat(100)), bytes: 100 })
  t.strictSame(writer.texts, ['a', 'b', 'c'.repeat(100)])
})

t.test('is out of room until the writer is ready', async t => {
  const { pump, writer } = await make(t)
  t.equal(pump.room(), undefined)
  writer.isReady = false
  t.type(pump.room(), Promise)
})

t.test('sends a heartbeat to an idle client, and none to a slow one', async t => {
  const { pump, writer, deadlines } = await make(t)
  pump.start(50)
  t.ok(deadlines.has(pump))
  writer.isIdle = false
  pump.onDeadline()
  t.strictSame(writer.texts, [':\n'], 'before the first event, also to a slow client')
  pump.onDeadline()
  t.strictSame(writer.texts, [':\n'])
  t.ok(deadlines.has(pump), 'it tries again later')
  writer.isIdle = true
  pump.onDeadline()
  t.strictSame(writer.texts, [':\n', ':\n'])
})

t.test('has no deadline after the first event without heartbeats', async t => {
  const { pump, deadlines } = await make(t, { heartbeat: false })
  pump.start(50)
  pump.take(frameChunk('a'))
  t.notOk(deadlines.has(pump))
})

t.test('writes nothing after it was closed, and keeps no deadline', async t => {
  const { pump, writer, deadlines } = await make(t)
  pump.take(frameChunk('a'))
  pump.take(frameChunk('b'))
  pump.close()
  await settled()
  t.strictSame(writer.texts, ['a'])
  t.notOk(deadlines.has(pump))
  t.equal(pump.takeRest(), 'b')
})

t.test('keeps no deadline when a write closes it', async t => {
  const { pump, writer, deadlines } = await make(t)
  pump.start(50)
  writer.write = () => pump.close()
  pump.take(frameChunk('a'))
  t.notOk(deadlines.has(pump))
})

t.test('writes nothing to a response that was destroyed', async t => {
  const { pump, writer, reply } = await make(t)
  pump.take(frameChunk('a'))
  pump.take(frameChunk('b'))
  reply.raw.destroy()
  await settled()
  t.strictSame(writer.texts, ['a'])
})

t.test('sends the rest and the last frame together with the end', async t => {
  const { pump, writer, summary } = await make(t)
  pump.take(frameChunk('a'))
  pump.take(frameChunk('b'))
  pump.close()
  pump.end(lastChunk('done').text)
  t.equal(writer.ended, 'bdone')
  t.equal(summary.bytes, 6)
})

t.test('begins with the last frame of a stream without events', async t => {
  const { pump, writer } = await make(t, { retry: 5 })
  pump.end('done')
  t.equal(writer.ended, 'retry: 5\ndone')
})
