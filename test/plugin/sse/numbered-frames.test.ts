import t from 'tap'
import { idPrefix, isDispatchedFrame, numberFrames, withId } from '../../../plugin/sse/numbered-frames.js'

const PREFIX = idPrefix('s')
const NO_LIMIT = Number.POSITIVE_INFINITY
const isComment = (frames: readonly string[], first: number) => (number: number) =>
  !isDispatchedFrame(frames[number - first] as string)

t.test('puts the id of the stream and the number in front of each event', async t => {
  const frames = ['data: a\n\n', 'event: b\ndata: c\n\n']
  const { text, count } = numberFrames(PREFIX, 7, frames, undefined, NO_LIMIT)
  t.equal(text, 'id: s:7\ndata: a\n\nid: s:8\nevent: b\ndata: c\n\n')
  t.equal(count, 2)
})

t.test('gives no id to a frame that clients do not dispatch, but counts it', async t => {
  const frames = [': x\n', 'retry: 1\n', 'data: a\n\n', ': y\n', 'data: b\n\n', ': z\n']
  const { text, count } = numberFrames(PREFIX, 1, [...frames], isComment(frames, 1), NO_LIMIT)
  t.equal(text, ': x\nretry: 1\nid: s:3\ndata: a\n\n: y\nid: s:5\ndata: b\n\n: z\n')
  t.equal(count, 6)
})

t.test('gives comments alone', async t => {
  const frames = [': x\n', ': y\n']
  t.strictSame(numberFrames(PREFIX, 1, [...frames], isComment(frames, 1), NO_LIMIT), { text: ': x\n: y\n', count: 2 })
})

t.test('gives nothing for no frames', async t => {
  t.strictSame(numberFrames(PREFIX, 1, [], undefined, NO_LIMIT), { text: '', count: 0 })
})

t.test('stops before the frame that exceeds the limit, but gives at least one', async t => {
  const one = 'id: s:1\ndata: a\n\n'.length
  for (const [limit, expected] of [
    [0, 1],
    [one, 1],
    [2 * one - 1, 1],
    [2 * one, 2],
    [3 * one, 3]
  ] as const) {
    const frames = ['data: a\n\n', 'data: b\n\n', 'data: c\n\n']
    const { text, count } = numberFrames(PREFIX, 1, frames, undefined, limit)
    t.equal(count, expected, `${limit} code units`)
    t.equal(text.length, expected * one)
  }
})

t.test('puts the id in front of a last event', async t => {
  t.equal(withId('s:3:end', 'event: done\ndata: {}\n\n'), 'id: s:3:end\nevent: done\ndata: {}\n\n')
})
