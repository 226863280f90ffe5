import { sleep } from '../clock.js'
import { general, peers } from '../contenders.js'
import { percentile } from '../numbers.js'
import { cpuOf, type Scenario, share } from '../scenario.js'

export const churn: Scenario = {
  name: 'churn',
  about: `50 clients connect, read one token, and leave, again and again: the cost of a whole stream. Then 1000 clients
are connected, and leave one after another: the time until the source is aborted.`,
  contenders: general,
  columns: [
    { key: 'cpu', heading: 'CPU per stream, µs', digits: 0 },
    { key: 'p50', heading: 'close to abort, p50, ms', digits: 2 },
    { key: 'p99', heading: 'close to abort, p99, ms', digits: 2 }
  ],
  goals: [
    { what: 'CPU per stream, ratio to `node:http`', of: 'ours', to: ['nodeHttp'], key: 'cpu', atMost: 1.25 },
    { what: 'CPU per stream, ratio to the best peer', of: 'ours', to: peers, key: 'cpu', atMost: 1 },
    { what: 'close to abort, p99, ms', of: 'ours', key: 'p99', atMost: 10 }
  ],
  async measure({ server, load, effort }) {
    const { port } = server
    const visit = { port, path: '/silent', connections: 50, ms: share(1000, effort) }
    const [cpu, { visits }] = await cpuOf(server, async () => {
      const result = await load.do('visits', visit)
      await sleep(share(100, effort))
      return result
    })
    await load.do('open', { port, path: '/silent', streams: share(1000, effort), ms: share(300, effort) })
    await server.ask('aborts')
    const closed = await load.do('close', { ms: share(1000, effort) })
    await sleep(share(200, effort))
    const aborted = (await server.ask('aborts')) as Record<string, number>
    const delays = Object.entries(closed).map(([id, at]) => (aborted[id] ?? Number.POSITIVE_INFINITY) - at)
    return { cpu: (cpu / visits) * 1e6, p50: percentile(delays, 0.5) / 1e3, p99: percentile(delays, 0.99) / 1e3 }
  }
}
