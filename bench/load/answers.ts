import { connect } from 'node:net'
import { now } from '../clock.js'
import { sum } from '../numbers.js'
import type { BenchRequest } from '../request.js'
import type { Jobs } from './jobs.js'
import { ResponseEnd } from './response-end.js'

type Answers = Jobs['answers']

export async function answers({ port, request, connections, ms }: Answers['params']): Promise<Answers['result']> {
  const startedAt = now()
  const until = startedAt + ms * 1e3
  const message = messageOf(request)
  const counts = await Promise.all(Array.from({ length: connections }, () => askUntil(until, port, message)))
  return { answers: sum(counts), seconds: (now() - startedAt) / 1e6 }
}

function messageOf({ path, accept = 'text/event-stream', body }: BenchRequest): string {
  const json = body === undefined ? '' : JSON.stringify(body)
  const head = [
    `${json === '' ? 'GET' : 'POST'} ${path} HTTP/1.1`,
    'host: localhost',
    `accept: ${accept}`,
    ...(json === '' ? [] : ['content-type: application/json', `content-length: ${json.length}`])
  ]
  return `${head.join('\r\n')}\r\n\r\n${json}`
}

/** Asks on one connection until the given time. @returns the number of answers */
function askUntil(until: number, port: number, message: string): Promise<number> {
  const end = new ResponseEnd()
  let count = 0
  return new Promise((resolve, reject) => {
    const socket = connect({
      port,
      host: '127.0.0.1',
      onread: {
        buffer: Buffer.alloc(256 * 1024),
        callback(bytes, buffer) {
          if (end.read(Buffer.from(buffer.buffer, buffer.byteOffset, bytes))) next()
          return true
        }
      }
    })
    const next = () => {
      count++
      if (now() < until) socket.write(message)
      else socket.destroy()
    }
    socket.once('connect', () => socket.write(message))
    socket.once('error', reject)
    socket.once('close', () =>
      now() < until ? reject(new Error('the server closed a kept-alive connection')) : resolve(count)
    )
  })
}
