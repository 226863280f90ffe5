import { connect } from 'node:net'
import { now } from '../clock.js'
import { sum } from '../numbers.js'
import type { Jobs } from './jobs.js'

/** The end of a chunked response (RFC 9112, section 7.1). Tokens contain no CR, so nothing else looks like it. */
const LAST_CHUNK = '0\r\n\r\n'

type Answers = Jobs['answers']

export async function answers({ port, path, connections, ms }: Answers['params']): Promise<Answers['result']> {
  const startedAt = now()
  const until = startedAt + ms * 1e3
  const counts = await Promise.all(Array.from({ length: connections }, () => askUntil(until, port, path)))
  return { answers: sum(counts), seconds: (now() - startedAt) / 1e6 }
}

/** Asks on one connection until the given time. @returns the number of answers */
function askUntil(until: number, port: number, path: string): Promise<number> {
  const request = `GET ${path} HTTP/1.1\r\nhost: localhost\r\naccept: text/event-stream\r\n\r\n`
  let count = 0
  let tail = ''
  return new Promise((resolve, reject) => {
    const socket = connect({
      port,
      host: '127.0.0.1',
      onread: {
        buffer: Buffer.alloc(256 * 1024),
        callback(bytes, buffer) {
          const last = Buffer.from(buffer.buffer, buffer.byteOffset, bytes).subarray(-LAST_CHUNK.length)
          tail = (tail + last.toString('latin1')).slice(-LAST_CHUNK.length)
          if (tail === LAST_CHUNK) next()
          return true
        }
      }
    })
    const next = () => {
      tail = ''
      count++
      if (now() < until) socket.write(request)
      else socket.destroy()
    }
    socket.once('connect', () => socket.write(request))
    socket.once('error', reject)
    socket.once('close', () =>
      now() < until ? reject(new Error('the server closed a kept-alive connection')) : resolve(count)
    )
  })
}
