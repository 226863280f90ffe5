import t from 'tap'
import {
  eventIdBase,
  formatEventId,
  isStreamId,
  newStreamId,
  parseEventId
} from '../../../plugin/resume/log/event-id.js'
import { newGeneration } from '../../../plugin/resume/log/generation.js'

t.test('stream ids cannot be guessed', async t => {
  const ids = Array.from({ length: 1000 }, newStreamId)
  t.equal(new Set(ids).size, 1000)
  for (const id of ids) t.equal(Buffer.from(id, 'base64url').length, 16)
  t.ok(ids.every(isStreamId))
})

t.test('parses the ids that it formats', async t => {
  for (const stream of [newStreamId(), 'a', '-_-', 'a'.repeat(128)]) {
    for (const sequence of [1, 10, 999_999_999_999_999]) {
      for (const isEnd of [false, true]) {
        for (const generation of ['', newGeneration(), '1', '-_-']) {
          const id = formatEventId(eventIdBase(stream, generation), sequence, isEnd)
          t.strictSame(parseEventId(id), { stream, generation, sequence, isEnd })
        }
      }
    }
  }
  t.strictSame(parseEventId('a:0'), { stream: 'a', generation: '', sequence: 0, isEnd: false })
})

t.test('parses nothing else', async t => {
  for (const id of [
    '',
    'a',
    'a:',
    ':1',
    'a:0:end',
    'a:01',
    'a:-1',
    'a:1.0',
    'a:1e3',
    'a:1:',
    'a:1:END',
    'a:1:end:',
    'a::1',
    'a:b:1:2',
    'a:b c:1',
    `a:${'b'.repeat(33)}:1`,
    'a:b:0:end',
    'a:00',
    'a:b:end',
    ' a:1',
    'a:1\n',
    'a b:1',
    `${'a'.repeat(129)}:1`,
    'a:1000000000000000',
    'ä:1'
  ]) {
    t.equal(parseEventId(id), undefined, id)
  }
})
