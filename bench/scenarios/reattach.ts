import { type Scenario, share } from '../scenario.js'
import { HELD } from '../source.js'

export const reattach: Scenario = {
  name: 'reattach',
  about: `A client that has had ${HELD} events loses its connection after it, says that it has only the first, and gets the others again from another node, by way of Redis.`,
  rivals: ['nodes', 'nodesResumableStream'],
  rounds: 3,
  redis: true,
  fresh: true,
  columns: [
    { key: 'p50', heading: 'to the last event p50, ms', digits: 2 },
    { key: 'p99', heading: 'p99, ms', digits: 2 }
  ],
  goals: [{ what: 'time to reattach p50', of: 'nodes', to: ['nodesResumableStream'], key: 'p50', atMost: 1 }],
  async measure({ server, load, effort }) {
    const { p50, p99 } = await load.do('reattach', { port: server.port, events: HELD, times: share(200, effort) })
    return { p50: p50 / 1e3, p99: p99 / 1e3 }
  }
}
