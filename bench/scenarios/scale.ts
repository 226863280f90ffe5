import { openFiles } from '../machine.js'
import { cpuOf, type Round, type Scenario, share } from '../scenario.js'

/** What a process opens beside its connections, at most. */
const OTHER_FILES = 50

/** How many streams are opened at first, and again. */
const half = () => Math.min(10_000, Math.floor((openFiles() - OTHER_FILES) / 2))

export const scale: Scenario = {
  name: 'scale',
  about: `20,000 streams in one process, or as many as it may open files, one token per second each: no token may be
lost. Half of them are opened and followed for 10 s, then the others, and all are followed for 20 s: what the second
half costs beside the first.`,
  contenders: ['ours'],
  fresh: true,
  columns: [
    { key: 'streams', heading: 'streams', digits: 0 },
    { key: 'cpu', heading: 'CPU, % of a core', digits: 0 },
    { key: 'cpuFirst', heading: 'first half, %', digits: 0 },
    { key: 'cpuRatio', heading: 'CPU, second half to first', digits: 2 },
    { key: 'memoryFirst', heading: 'memory per stream, first half, KiB', digits: 1 },
    { key: 'memorySecond', heading: 'second half, KiB', digits: 1 },
    { key: 'tokens', heading: 'tokens', digits: 0 },
    { key: 'wrong', heading: 'lost, duplicated or out of order', digits: 0 },
    { key: 'wait', heading: 'longest time between two tokens, ms', digits: 0 }
  ],
  goals: [{ what: 'tokens lost, duplicated or out of order', of: 'ours', key: 'wrong', atMost: 0 }],
  async measure(round) {
    const before = await heldBy(round)
    const first = await addStreams(round, 10_000)
    const all = await addStreams(round, 20_000)
    await round.load.do('close', { ms: 0 })
    const streams = share(half(), round.effort)
    return {
      streams: 2 * streams,
      cpu: all.cpu,
      cpuFirst: first.cpu,
      cpuRatio: all.cpu / first.cpu - 1,
      memoryFirst: (first.held - before) / streams / 1024,
      memorySecond: (all.held - first.held) / streams / 1024,
      tokens: all.tokens,
      wrong: all.wrong,
      wait: Math.max(first.longestGap, all.longestGap) / 1e3
    }
  }
}

/** Opens half of the streams, and follows all that are open. @param ms how long to follow them */
async function addStreams({ server, load, effort }: Round, ms: number) {
  const streams = share(half(), effort)
  await load.do('open', { port: server.port, path: '/counted', streams, ms: share(4000, effort) })
  const duration = share(ms, effort)
  const [cpu, followed] = await cpuOf(server, () => load.do('follow', { ms: duration }))
  return { ...followed, cpu: (cpu / (duration / 1e3)) * 100, held: await heldBy({ server }) }
}

/** The resident memory after a collection of garbage. Bytes. */
async function heldBy({ server }: Pick<Round, 'server'>): Promise<number> {
  await server.ask('gc')
  return server.memory()
}
