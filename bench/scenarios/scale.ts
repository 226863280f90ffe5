import { cpuOf, type Scenario, share } from '../scenario.js'

export const scale: Scenario = {
  name: 'scale',
  about: '10,000 streams in one process, one token per second each, for a minute: no token may be lost.',
  contenders: ['ours'],
  rounds: 1,
  fresh: true,
  columns: [
    { key: 'cpu', heading: 'CPU, % of a core', digits: 0 },
    { key: 'tokens', heading: 'tokens', digits: 0 },
    { key: 'wrong', heading: 'lost, duplicated or out of order', digits: 0 },
    { key: 'fewest', heading: 'fewest per stream', digits: 0 },
    { key: 'most', heading: 'most per stream', digits: 0 },
    { key: 'memory', heading: 'memory, MiB', digits: 0 }
  ],
  goals: [{ what: 'tokens lost, duplicated or out of order', of: 'ours', key: 'wrong', atMost: 0 }],
  async measure({ server, load, effort }) {
    const ms = share(60_000, effort)
    const streams = share(10_000, effort)
    await load.do('open', { port: server.port, path: '/counted', streams, ms: share(4000, effort) })
    const [cpu, followed] = await cpuOf(server, () => load.do('follow', { ms }))
    const memory = server.memory() / 2 ** 20
    await load.do('close', { ms: 0 })
    return { cpu: (cpu / (ms / 1e3)) * 100, memory, ...followed }
  }
}
