import { EventSource } from 'eventsource'
import t from 'tap'
import { asReceived, tokensOf } from '../../../helpers/tokens.js'
import { until } from '../../../helpers/until.js'
import { startCluster } from './cluster.js'

const COUNT = 40
const TEXT = asReceived(tokensOf(COUNT))

const cluster = await startCluster(t, { DRAIN: '60000' })
const { provider, url } = cluster

/** What an EventSource has received. */
interface Reading {
  readonly answer: string
  readonly texts: string[]
  /** How it ended: with its last event, or because it gave up. */
  end: 'done' | 'gave up' | undefined
}

function read(answer: string): Reading {
  const reading: Reading = { answer, texts: [], end: undefined }
  const source = new EventSource(`${url}/stream?answer=${answer}&count=${COUNT}&pace=20`)
  source.addEventListener('message', ({ data }) => reading.texts.push(data))
  source.addEventListener('done', () => {
    reading.end = 'done'
    source.close()
  })
  source.addEventListener('error', () => {
    if (source.readyState === EventSource.CLOSED) reading.end ??= 'gave up'
  })
  t.teardown(() => source.close())
  return reading
}

/** Calls a function again and again until the test is over. */
function keepDoing(what: () => Promise<unknown>): () => Promise<void> {
  let isOver = false
  const running = (async () => {
    while (!isOver) await what()
  })()
  return () => {
    isOver = true
    return running
  }
}

t.test('while all servers are replaced, one after the other, users notice nothing', async t => {
  const readings: Reading[] = []
  const statuses: Record<string, number> = {}
  const ask = async (method: string) => {
    const { status } = await fetch(`${url}/whoami`, { method })
    statuses[`${method} ${status}`] = (statuses[`${method} ${status}`] ?? 0) + 1
    await new Promise(resolve => setTimeout(resolve, 2))
  }
  const stops = [
    ...['GET', 'GET', 'GET', 'POST'].map(method => keepDoing(() => ask(method))),
    keepDoing(async () => {
      readings.push(read(`deploy-${readings.length}`))
      await new Promise(resolve => setTimeout(resolve, 50))
    })
  ]
  await until('there are readers', () => readings.length > 10)
  for (let round = 0; round < 2; round++) for (const node of cluster.nodes) await node.restart()
  await Promise.all(stops.map(stop => stop()))
  await until('all have ended', () => readings.every(({ end }) => end))
  t.comment(`${readings.length} EventSources, statuses: ${JSON.stringify(statuses)}`)
  // A proxy repeats no POST that may have reached its server just before that closed the connection.
  t.strictSame(
    Object.keys(statuses)
      .filter(status => !/^POST 50[23]$/.test(status))
      .sort(),
    ['GET 200', 'POST 200']
  )
  for (const { end, texts, answer } of readings) {
    t.equal(end, 'done')
    t.strictSame(texts, TEXT)
    t.equal(provider.calls(answer).length, 1, 'the provider was called once')
  }
})
