import t from 'tap'
import type { Codec } from '../../../plugin/framing/codec.js'
import { FrameEncoder } from '../../../plugin/framing/frame-encoder.js'
import { encodeData } from '../../../plugin/sse/event.js'

const MAX_BYTES = 100

t.test('what cannot fit is refused before it becomes a frame, which may be several times as large', async t => {
  let encoded = 0
  const encode: Codec['encode'] = (data, name) => {
    encoded++
    return encodeData(data, name)
  }
  const items: [string, unknown][] = [
    ['text', '\n'.repeat(MAX_BYTES + 1)],
    ['bytes', Buffer.alloc(MAX_BYTES + 1, '\r')],
    ['an event', { event: 'x', data: '\r\n'.repeat(MAX_BYTES) }]
  ]
  for (const [what, item] of items) {
    const encoder = new FrameEncoder({}, MAX_BYTES, { encode, result: undefined } as unknown as Codec, undefined)
    const { length } = typeof item === 'string' ? item : ((item as { data?: string }).data ?? (item as Buffer))
    t.throws(() => encoder.item(item), {
      code: 'FST_SSE_EVENT_TOO_LARGE',
      message: `an event of ${length} bytes is larger than maxEventBytes (${MAX_BYTES})`
    })
    t.equal(encoded, 0, what)
    t.throws(() => encoder.item('\n'.repeat(MAX_BYTES)), { code: 'FST_SSE_EVENT_TOO_LARGE' }, 'its lines are too large')
    t.equal(encoded, 1)
    encoded = 0
  }
})
