import t from 'tap'
import { LiveLog } from '../../../plugin/resume/log/live-log.js'
import { Random, seed } from '../../helpers/random.js'

const ID = 'stream'

/** The text of an event on the wire. */
function sent(sequence: number, frame: string): string {
  return frame.endsWith('\n\n') ? `id: ${ID}:${sequence}\n${frame}` : frame
}

function read(log: LiveLog, after: number, limit: number): { text: string; events: number; bytes: number } {
  const { text, events, bytes = Number.NaN } = log.read(after, limit)
  return { text, events, bytes }
}

t.test(
  `gives the events after any position with their ids, in chunks of at most the requested size (seed ${seed})`,
  async t => {
    const random = new Random(seed)
    for (let round = 0; round < 50; round++) {
      const first = random.pick([1, 7, 4090])
      const log = new LiveLog(ID, { key: ID, owner: undefined, protocol: 'events', generation: '' }, first, () => {})
      const model: string[] = []
      for (let i = random.below(300); i >= 0; i--) {
        const text = random.pick(['a', 'é', '中', '😀']).repeat(random.below(20))
        const frame = random.pick([`data: ${text}\n\n`, `: ${text}\n`, 'retry: 1\n'])
        model.push(sent(log.last + 1, frame))
        log.append(frame, frame.endsWith('\n\n'))
      }
      const whole = model.join('')
      for (const bytes of [1, 40, 100, 1000, 100_000]) {
        const after = first - 1 + random.below(model.length)
        let at = after
        let text = ''
        while (at < log.last) {
          const run = read(log, at, bytes)
          const expected = model.slice(at - first + 1, at - first + 1 + run.events).join('')
          if (run.text !== expected) t.fail(`${run.events} events after ${at}`)
          if (run.bytes !== Buffer.byteLength(expected)) t.fail(`${run.bytes} bytes`)
          if (run.events < 1 || (run.events > 1 && run.bytes > bytes))
            t.fail(`${run.events} events of ${run.bytes} bytes`)
          at += run.events
          text += run.text
        }
        t.equal(text, whole.slice(whole.length - text.length))
        t.equal(at, log.last)
      }
    }
  }
)

t.test('gives large chunks of short events', async t => {
  const log = new LiveLog(ID, { key: ID, owner: undefined, protocol: 'events', generation: '' }, 1, () => {})
  for (let i = 0; i < 1000; i++) log.append('data: token\n\n', true)
  const { text, events, bytes } = read(log, 0, 16_384)
  t.equal(bytes, text.length)
  t.ok(bytes > 16_000, `${events} events of ${bytes} bytes`)
})
