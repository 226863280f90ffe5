import t from 'tap'
import type { ContenderName } from '../../bench/contenders.js'
import { ahead } from '../../bench/report/ahead.js'
import { document } from '../../bench/report/document.js'
import { noteOn } from '../../bench/report/notes.js'
import { Result } from '../../bench/result.js'
import type { Scenario } from '../../bench/scenario.js'
import { scenarios } from '../../bench/scenarios/all.js'

/** What a scenario measured. @param costs of each contender, by round */
function resultOf(name: string, costs: Partial<Record<ContenderName, number[]>>): Result {
  const scenario = scenarios.find(scenario => scenario.name === name) as Scenario
  const result = new Result(scenario)
  for (const [contender, figures] of Object.entries(costs)) {
    for (const figure of figures) result.add(contender as ContenderName, { cpu: figure, p50: 1, p99: 1, rate: 1 })
  }
  return result
}

t.test('a section says who costs less, in how many rounds, and why', async t => {
  const result = resultOf('churn', { fastifySse: [80, 90, 110], ours: [100, 100, 100], nodeHttp: [50, 50, 50] })
  t.strictSame(ahead(result), [
    '**Ahead of fastify-sse-from:**',
    '- @fastify/sse costs 0.90 times as much, less in 2 of 3 rounds.',
    noteOn('churn')
  ])
})

t.test('the one that costs least comes first', async t => {
  const [, list] = ahead(resultOf('churn', { ours: [100], betterSse: [90], fastifySse: [80], hono: [200] }))
  t.match(list, /^- @fastify\/sse .*\n- better-sse .*$/)
})

t.test('a section says that nobody knows why', async t => {
  const [, , why] = ahead(resultOf('burst', { ours: [100], hono: [99] }))
  t.equal(why, 'Nobody has found out why yet.')
})

t.test('a section says that no alternative costs less', async t => {
  t.strictSame(ahead(resultOf('churn', { ours: [100], fastifySse: [101], limit: [1] })), ['No alternative costs less.'])
})

t.test('a section that misses a goal has what is known of its figures', async t => {
  const figures = { fastifySse: [10], limit: [1] }
  t.strictSame(ahead(resultOf('hot', { ours: [2], ...figures })), ['No alternative costs less.', noteOn('hot')])
  t.strictSame(ahead(resultOf('hot', { ours: [1.2], ...figures })), ['No alternative costs less.'])
})

t.test('a section without alternatives has what is known of its figures', async t => {
  t.strictSame(ahead(resultOf('resumable', { resumable: [1], ours: [2], limit: [1] })), [noteOn('resumable')])
  t.strictSame(ahead(resultOf('typed', { objects: [1], objectsTyped: [2] })), [])
})

t.test('the goals name the best peer, and say whether they are met', async t => {
  const result = resultOf('churn', {
    ours: [100, 104],
    fastifySse: [80, 80],
    betterSse: [120, 120],
    nodeHttp: [90, 90]
  })
  const report = document([result], { date: new Date('2030-01-02'), minutes: 11.2 })
  t.match(report, /^\| churn +\| +CPU per stream, ratio to `node:http` \| +at most 1\.25 \| +1\.133 \| +yes \|$/m)
  t.match(report, /^\| churn +\| +CPU per stream, ratio to the best peer \(@fastify\/sse\) \| +at most 1 \| .* no \|$/m)
  t.match(report, /on 2030-01-02, in 12 minutes/)
  t.match(report, 'medians of 2 rounds')
  t.match(report, noteOn('upstream'))
})

t.test('contenders stand in the order of the scenario, whoever came first in a round', async t => {
  t.strictSame(resultOf('churn', { hono: [1], ours: [1], limit: [1] }).contenders, ['ours', 'limit', 'hono'])
})
