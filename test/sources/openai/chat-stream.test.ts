import t from 'tap'
import { ChatStream } from '../../../sources/openai/answer/chat-stream.js'

t.test('cancels a body that goes on after its time is up', async t => {
  let isCancelled = false
  const body = new ReadableStream<Uint8Array>({
    pull: controller => controller.enqueue(new TextEncoder().encode('data: {}\n\n')),
    cancel: () => {
      isCancelled = true
    }
  })
  const stream = new ChatStream(body)
  t.equal((await stream.read())?.length, 1)
  t.notOk(stream.wasLeft)
  t.strictSame(await stream.read(0), [])
  t.equal(await stream.read(), undefined)
  t.ok(stream.wasLeft)
  t.ok(isCancelled)
})
