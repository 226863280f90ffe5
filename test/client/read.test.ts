import t from 'tap'
import { openStream } from '../../client/index.js'
import { node } from '../helpers/stepped.js'

t.test('gives events as they come, and ends with done', async t => {
  const { url, runs } = await node(t)
  const stream = openStream(url, { body: { prompt: 'hi' } })
  const got: unknown[] = []
  const read = (async () => {
    for await (const event of stream) {
      got.push([event.event, event.data, event.id])
      runs[0]?.give(undefined)
    }
  })()
  while (runs.length === 0) await new Promise(r => setTimeout(r, 5))
  runs[0]?.give('Hel\nlo')
  await read
  t.strictSame(got, [
    ['message', 'Hel\nlo', `${stream.id}:1`],
    ['done', {}, `${stream.id}:2:end`]
  ])
  t.equal(stream.complete, true)
})
