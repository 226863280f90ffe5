import t from 'tap'
import { grown, limits, show } from './limits.js'
import { type Kind, measure } from './measure.js'
import { type Pace, TOKENS } from './source.js'

/**
 * Counts what a token costs, so that a regression is seen without a clock. When a count has fallen, lower what is
 * recorded in `limits.ts`: then it does not grow again unseen.
 */
t.setTimeout(300_000)
t.jobs = 2

const kinds: readonly Kind[] = ['plain', 'resumable']
const paces: readonly Pace[] = ['hot', 'paced']

for (const kind of kinds) {
  for (const pace of paces) {
    for (const what of ['calls', 'bytes'] as const) {
      const name = `${what} for each of ${TOKENS.toLocaleString('en')} tokens: ${kind}, ${pace}`
      t.test(name, { buffered: true }, async t => {
        const cost = await measure(t, { what, pace, kind })
        const counts = Object.entries(cost).map(([name, count]) => `${name}: ${show(count)}`)
        t.comment(counts.join(', '))
        t.strictSame(grown(cost, limits(kind, pace)), [])
      })
    }
  }
}

t.test('a count that has grown is named, with by how much', async t => {
  const before = { writes: { was: 1, atMost: 1.1 }, timers: { was: 0, atMost: 0.0005 } }
  t.strictSame(grown({ writes: 1.1, timers: 0.0005 }, before), [])
  t.strictSame(grown({ writes: 2, timers: 0.001 }, before), [
    'writes per token grew from 1 to 2 (+100 %); at most 1.1',
    'timers per token grew from 0 to 0.001; at most 0.0005'
  ])
  t.strictSame(grown({ ticks: 3 }, before), ['ticks per token: 3, and nothing is recorded'])
})

t.test('the limits of a Node that is newer than those recorded are those of the last one', async t => {
  t.strictSame(limits('plain', 'hot', '27.1.0'), limits('plain', 'hot', '26.0.0'))
  t.throws(() => limits('plain', 'hot', '18.0.0'), { message: 'nothing is recorded for Node 18.0.0' })
})
