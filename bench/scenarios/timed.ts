import { sleep } from '../clock.js'
import { type Column, cpuOf, type Round, type Sample, share } from '../scenario.js'

/** The figures of scenarios whose tokens are the times at which they were made. */
export const timedColumns: readonly Column[] = [
  { key: 'cpu', heading: 'CPU per token, µs', digits: 1 },
  { key: 'rate', heading: 'tokens per second', digits: 0 },
  { key: 'p50', heading: 'latency, p50, ms', digits: 2 },
  { key: 'p99', heading: 'latency, p99, ms', digits: 2 }
]

/** @param h2 over HTTP/2. Default: over HTTP/1.1, each stream on a connection of its own */
export async function measureTimed(
  { server, load, effort }: Round,
  path: string,
  streams: number,
  h2 = false
): Promise<Sample> {
  await load.do('open', { port: server.port, path, streams: share(streams, effort), ms: share(500, effort), h2 })
  await sleep(share(200, effort))
  const [cpu, heard] = await cpuOf(server, () => load.do('listen', { ms: share(1500, effort) }))
  await load.do('close', { ms: 0 })
  await sleep(share(200, effort))
  return {
    cpu: (cpu / heard.tokens) * 1e6,
    rate: heard.tokens / heard.seconds,
    p50: heard.p50 / 1e3,
    p99: heard.p99 / 1e3
  }
}
