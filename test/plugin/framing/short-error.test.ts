import t from 'tap'
import { shortened } from '../../../plugin/framing/short-error.js'

const event = (message: string) => ({ event: 'error', data: { statusCode: 400, code: 'FST_A', message } })

t.test('a message that fits stays as it is', async t => {
  t.equal(shortened(event('short'), 10_000).message, 'short')
})

t.test('a message that is too long keeps its beginning', async t => {
  for (const text of ['x', 'ü', '\u{1f600}', '"']) {
    const { message, code } = shortened(event(text.repeat(5000)), 2000)
    t.match(message, new RegExp(`^${text}.*\\.\\.\\.$`, 's'))
    t.ok(Buffer.byteLength(JSON.stringify(message)) < 2000)
    t.equal(code, 'FST_A')
  }
})

t.test('a message for which there is no room is empty', async t => {
  t.strictSame(shortened(event('x'.repeat(5000)), 10), { statusCode: 400, code: 'FST_A', message: '' })
})
