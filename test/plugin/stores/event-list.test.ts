import t from 'tap'
import { EventList } from '../../../plugin/stores/event-list.js'

const FRAMES = ['data: a\n\n', ': comment\n', 'data: b\n\n', 'retry: 1\n']

t.test('knows which events clients do not dispatch, however they were added', async t => {
  const one = new EventList()
  for (const frame of FRAMES) one.append(frame, frame.startsWith('data'))
  const all = new EventList()
  all.appendAll(FRAMES.slice(0, 2))
  all.appendAll(FRAMES.slice(2))
  for (const list of [one, all]) {
    t.strictSame(list.slice(0, list.length), FRAMES)
    t.strictSame([...(list.asides ?? [])], [1, 3])
  }
})

t.test('has no set of such events as long as there are none', async t => {
  const list = new EventList()
  list.append('data: a\n\n', true)
  list.appendAll(['data: b\n\n'])
  t.equal(list.asides, undefined)
  t.equal(list.length, 2)
})
