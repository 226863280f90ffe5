import { sleep } from '../clock.js'
import { general, peers } from '../contenders.js'
import { type Scenario, share } from '../scenario.js'

/** Streams to open and close first, so that what a server allocates once does not count. */
const FIRST = 200

export const idle: Scenario = {
  name: 'idle',
  about: '5000 open streams, silent after one token: the memory that a stream holds.',
  contenders: general,
  fresh: true,
  columns: [{ key: 'memory', heading: 'memory per stream, KiB', digits: 1 }],
  goals: [
    { what: 'memory per stream, ratio to `node:http`', of: 'ours', to: ['nodeHttp'], key: 'memory', atMost: 1.15 },
    { what: 'memory per stream, ratio to the best peer', of: 'ours', to: peers, key: 'memory', atMost: 1 },
    { what: 'memory per stream, ratio to the Go server', of: 'ours', to: ['go'], key: 'memory', atMost: 1 / 2 }
  ],
  async measure({ server, load, effort }) {
    const { port } = server
    const path = '/silent'
    await load.do('open', { port, path, streams: share(FIRST, effort), ms: share(100, effort) })
    await load.do('close', { ms: 0 })
    await sleep(share(500, effort))
    await server.ask('gc')
    const before = server.memory()
    const streams = share(5000, effort)
    await load.do('open', { port, path, streams, ms: share(1000, effort) })
    await sleep(share(1200, effort))
    await server.ask('gc')
    const memory = server.memory() - before
    await load.do('close', { ms: 0 })
    return { memory: memory / streams / 1024 }
  }
}
