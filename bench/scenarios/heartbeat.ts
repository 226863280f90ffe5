import type { ContenderName } from '../contenders.js'
import { cpuOf, type Scenario, share } from '../scenario.js'

/** The heartbeat interval: the plugin's default, and what the others are set to. Milliseconds. */
const INTERVAL = 15_000

/** The peers that send heartbeats. */
const senders: readonly ContenderName[] = ['fastifySse', 'betterSse']

export const heartbeat: Scenario = {
  name: 'heartbeat',
  about: '10,000 silent streams, each kept alive by a comment every 15 s.',
  contenders: ['ours', ...senders],
  fresh: true,
  columns: [
    { key: 'cpu', heading: 'CPU, % of a core', digits: 2 },
    { key: 'comments', heading: 'comments per stream', digits: 3 }
  ],
  goals: [
    { what: 'CPU, % of a core', of: 'ours', key: 'cpu', atMost: 5 },
    { what: 'CPU, ratio to the best peer', of: 'ours', to: senders, key: 'cpu', atMost: 1 }
  ],
  async measure({ server, load, effort }) {
    const streams = share(10_000, effort)
    await load.do('open', { port: server.port, path: '/silent', streams, ms: share(2000, effort) })
    const ms = share(INTERVAL, effort)
    const [cpu, { comments }] = await cpuOf(server, () => load.do('comments', { ms }))
    await load.do('close', { ms: 0 })
    return { cpu: (cpu / (ms / 1e3)) * 100, comments: comments / streams }
  }
}
