import { type Scenario, share } from '../scenario.js'
import { HELD } from '../source.js'

export const reattach: Scenario = {
  name: 'reattach',
  about: `A client reads ${HELD} events and loses its connection. It reconnects to another node with the id of the first
event, and gets the rest again, through Redis.`,
  contenders: ['nodes', 'nodesResumableStream'],
  redis: true,
  fresh: true,
  columns: [
    { key: 'p50', heading: 'time to the last event, p50, ms', digits: 2 },
    { key: 'p99', heading: 'time to the last event, p99, ms', digits: 2 }
  ],
  goals: [
    {
      what: 'time to the last event, p50, ratio to resumable-stream',
      of: 'nodes',
      to: ['nodesResumableStream'],
      key: 'p50',
      atMost: 1
    }
  ],
  async measure({ server, load, effort }) {
    const { p50, p99 } = await load.do('reattach', { port: server.port, events: HELD, times: share(200, effort) })
    return { p50: p50 / 1e3, p99: p99 / 1e3 }
  }
}
