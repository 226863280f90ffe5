import { now } from '../clock.js'
import type { Jobs } from './jobs.js'
import { H1Stream } from './stream.js'

type Visits = Jobs['visits']

export async function visits({ port, path, connections, ms }: Visits['params']): Promise<Visits['result']> {
  const until = now() + ms * 1e3
  let count = 0
  const visit = async () => {
    while (now() < until) {
      // Closed connections hold their port for a while, and one address has too few ports.
      const stream = new H1Stream(port, path, '', () => {}, `127.0.0.${2 + (count++ % 250)}`)
      await stream.reader.opened
      stream.leave()
    }
  }
  await Promise.all(Array.from({ length: connections }, visit))
  return { visits: count }
}
